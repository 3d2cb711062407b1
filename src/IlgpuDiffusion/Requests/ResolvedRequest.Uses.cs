using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Requests;

internal sealed partial record ResolvedRequest
{
    /// <summary>The components that the request runs, in their order: the one list that loading, explaining, the memory check and the run go by.</summary>
    /// <param name="model">The components.</param>
    /// <param name="measured">Null for what will run; a type for activations for graphs that are looked at alone.</param>
    /// <exception cref="RequestException">The picture is too large for the model.</exception>
    public IReadOnlyList<ComponentUse> Uses(ModelComponents model, ElementType? measured = null) => Uses(model, measured, () => model.Codec.Use(Decoding, measured));

    /// <summary>The same with the decoder for the least size.</summary>
    public IReadOnlyList<ComponentUse> UsesWithoutDecoding(ModelComponents model, ElementType? measured = null) => Uses(model, measured, () => model.Codec.UseSmallest(measured));

    private List<ComponentUse> Uses(ModelComponents model, ElementType? measured, Func<ComponentUse> decoder)
    {
        try
        {
            List<ComponentUse> uses = [.. model.Conditioner.Uses(Conditioning, measured)];
            if (Handover is { } last)
            {
                uses.AddRange(model.Refiner!.Conditioner.Uses(last.Prompts.Texts[0], measured).Select(use => use with { Name = $"refiner's {use.Name}" }));
            }

            if (Request.InitImage is not null)
            {
                uses.Add(model.Codec.Use(new CodecKey(Key.Height, Key.Width, Encode: true), measured) with { Runs = model.Parts.InpaintingNetwork ? 2 : 1 });
            }

            uses.Add(model.Denoiser.Use(Key, measured) with { Runs = Groups, Plan = Plan, InLoop = true, InTurn = InTurn });
            if (Handover is { } next)
            {
                uses.Add(model.Refiner!.Denoiser.Use(next.Key, measured) with { Name = "refiner", Runs = Groups, Plan = next.Plan, InLoop = true, InTurn = InTurn });
            }

            if (Request.PreviewInterval > 0 && PreviewDecoding.Tiny != Decoding.Tiny)
            {
                uses.Add(model.Codec.Use(PreviewDecoding, measured) with { Runs = Groups * ((Program.StepCount - 1) / Request.PreviewInterval), InLoop = true });
            }

            uses.Add(decoder() with { Runs = Request.BatchCount, InLoop = Request.PreviewInterval > 0 || DecodesEach });
            return uses;
        }
        catch (Exception e) when (e is ShapeException or OverflowException)
        {
            throw new RequestException($"{Key.Images} pictures of {Width} x {Height} are more than this model can hold: {e.Message} Use a smaller width, height or batch count.", e);
        }
    }
}
