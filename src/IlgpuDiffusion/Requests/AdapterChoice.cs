using System.Globalization;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Requests;

/// <summary>The LoRAs and embeddings of a request: those that it lists, and those that its prompt names.</summary>
/// <param name="Prompt">The prompt without the LoRAs' names.</param>
/// <param name="Adapters">What they change and add.</param>
/// <param name="Loras">The names of the LoRAs.</param>
internal sealed record AdapterChoice(string Prompt, AdapterSet Adapters, IReadOnlyList<string> Loras)
{
    /// <exception cref="RequestException">A name or a weight cannot be followed.</exception>
    public static AdapterChoice Of(GenerationRequest request, AdapterLibrary library)
    {
        try
        {
            (string prompt, IReadOnlyList<LoraTag> tags) = LoraTags.Read(request.Prompt);
            if (LoraTags.Read(request.NegativePrompt).Tags is [var first, ..])
            {
                throw new RequestException(nameof(GenerationRequest.NegativePrompt), $"The negative prompt names the LoRA '{first.Name}', which changes the model for both prompts: name it in the prompt.");
            }

            Lora? wrong = request.Loras.FirstOrDefault(lora => !double.IsFinite(lora.Weight) || lora.TextWeight is { } text && !double.IsFinite(text));
            RequestChecks.Require(wrong is null, nameof(GenerationRequest.Loras), $"The weight of the LoRA '{wrong?.Path}' must be a number; it is {wrong?.Weight}.");

            AdapterUse[] uses =
            [
                .. request.Loras.Select(lora => new AdapterUse(lora.Path, lora.Weight, lora.TextWeight ?? lora.Weight)),
                .. tags.Select(tag => new AdapterUse(library.Find(tag.Name), tag.Weight, tag.TextWeight)),
            ];
            return new AdapterChoice(prompt, library.Of(uses) with { Embeddings = library.Embeddings(request.Embeddings, prompt, request.NegativePrompt) }, [.. uses.Select(use => Path.GetFileNameWithoutExtension(use.Path))]);
        }
        catch (FormatException e)
        {
            throw new RequestException(nameof(GenerationRequest.Prompt), $"prompt: {e.Message}", e);
        }
    }

    /// <summary>The prompt that names all LoRAs of a request, for the metadata.</summary>
    public static string Named(GenerationRequest request) => string.Join(' ', request.Loras.Select(Tag).Prepend(request.Prompt));

    private static string Tag(Lora lora) => string.Create(
        CultureInfo.InvariantCulture, $"<lora:{Path.GetFileNameWithoutExtension(lora.Path)}:{(lora.TextWeight is { } text && text != lora.Weight ? $"{text.ToString(CultureInfo.InvariantCulture)}:" : "")}{lora.Weight}>");
}
