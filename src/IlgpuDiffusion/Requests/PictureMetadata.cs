using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Requests;

/// <summary>Finds out how a PNG file was made.</summary>
public static class PictureMetadata
{
    /// <summary>Which program's description the text chunks hold.</summary>
    /// <param name="text">The text chunks of a file.</param>
    public static MetadataSource Recognise(IReadOnlyList<PngText> text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string? Find(string keyword) => text.LastOrDefault(t => t.Keyword == keyword)?.Text.Trim();
        if (Find(ParametersText.Keyword) is { Length: > 0 } parameters)
        {
            return parameters.StartsWith('{') && parameters.Contains("\"sui_image_params\"", StringComparison.Ordinal) ? MetadataSource.SwarmUI : MetadataSource.Parameters;
        }

        return Find("workflow") is not null || Find("prompt")?.StartsWith('{') == true ? MetadataSource.ComfyUI
            : Find("invokeai_metadata") is not null || Find("sd-metadata") is not null ? MetadataSource.InvokeAI
            : Find("Software") == "NovelAI" ? MetadataSource.NovelAI
            : MetadataSource.None;
    }

    /// <summary>Reads the <c>parameters</c> of a PNG file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no sound PNG, or it has no such text; the message says what it has instead.</exception>
    public static GenerationMetadata Read(string path)
    {
        return Of(PngReader.ReadText(path), path);
    }

    /// <summary>Reads the <c>parameters</c> among a file's texts.</summary>
    /// <param name="text">The texts.</param>
    /// <param name="path">The file's name, for messages.</param>
    /// <exception cref="InvalidDataException">There is no such text; the message says what there is instead.</exception>
    public static GenerationMetadata Of(IReadOnlyList<PngText> text, string path)
    {
        MetadataSource source = Recognise(text);
        return source switch
        {
            MetadataSource.Parameters => ParametersText.Parse(text.Last(t => t.Keyword == ParametersText.Keyword).Text),
            MetadataSource.None => throw new InvalidDataException($"'{path}' does not say how it was made: it has no readable text '{ParametersText.Keyword}'."),
            _ => throw new InvalidDataException($"'{path}' was made by {source}, whose description cannot be repeated here; only '{ParametersText.Keyword}' text (stable-diffusion-webui, stable-diffusion.cpp, this program) can."),
        };
    }
}
