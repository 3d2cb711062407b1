using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>
/// Weights of 8 bits that a number of their own multiplies, as ComfyUI's "scaled fp8" files have them: beside <c>x.weight</c> stands <c>x.scale_weight</c>, or <c>x.weight_scale</c>. They become F16
/// when they are read. What is scaled in another way is refused.
/// </summary>
internal static class ScaledWeights
{
    private const string Weight = ".weight";
    private const int Piece = 1024;

    private static readonly string[] Scales = [".scale_weight", ".weight_scale"];

    // Marks, and scales of activations in 8 bits, which nothing here computes with.
    private static readonly string[] Unneeded = [".scale_input", ".input_scale", ".comfy_quant", "scaled_fp8"];

    private static readonly (string Part, string Kind)[] Others =
    [
        (".weight.quant_state.bitsandbytes__", "in four bits by bitsandbytes (NF4, FP4)"),
        (".weight.absmax", "in blocks by bitsandbytes"),
        (".weight_scale_2", "in four bits (NVFP4)"),
    ];

    /// <summary>A network's tensors without scales beside them.</summary>
    /// <exception cref="ModelFileException">They are scaled in a way that is not read.</exception>
    public static IReadOnlyList<WeightTensor> Unscaled(IReadOnlyList<WeightTensor> tensors, MadeTensors made)
    {
        foreach (WeightTensor tensor in tensors)
        {
            if (Others.FirstOrDefault(other => tensor.Name.Contains(other.Part, StringComparison.Ordinal)) is { Kind: { } kind })
            {
                throw new ModelFileException(tensor.File, $"'{tensor.File}' is stored {kind}: tensor '{tensor.Name}'. That is not read. Use a file of the model in F16, BF16 or F8, or a GGUF file.");
            }
        }

        Dictionary<string, WeightTensor> scales = tensors.Where(tensor => Scales.Any(end => tensor.Name.EndsWith(end, StringComparison.Ordinal))).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        return scales.Count == 0 ? [.. tensors.Where(tensor => !IsUnneeded(tensor.Name))] :
        [
            .. tensors.Where(tensor => !IsUnneeded(tensor.Name) && !scales.ContainsKey(tensor.Name)).Select(tensor =>
                tensor.Name.EndsWith(Weight, StringComparison.Ordinal) && Scales.Select(end => scales.GetValueOrDefault(tensor.Name[..^Weight.Length] + end)).FirstOrDefault(scale => scale is not null) is { } scale
                    ? Scaled(tensor, scale, made) : tensor),
        ];
    }

    private static bool IsUnneeded(string name) => Unneeded.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    private static unsafe WeightTensor Scaled(WeightTensor tensor, WeightTensor scale, MadeTensors made)
    {
        if (tensor.Type is not (ElementType.F8E4M3 or ElementType.F8E5M2) || scale.Count != 1 || !scale.Type.IsFloat())
        {
            throw new ModelFileException(tensor.File, $"'{tensor.File}': {tensor} has scales {scale}, which is not read; 8-bit floating-point weights with one scale each are. Use a file of the model in F16, BF16 or F8, or a GGUF file.");
        }

        Lazy<float> factor = new(() => scale.ToSingles()[0]);
        return made.Make(tensor.Name, ElementType.F16, tensor.Shape, tensor.File, (start, count, to) =>
        {
            float by = factor.Value;
            byte* data = tensor.Data;
            float* values = stackalloc float[Piece];
            for (long at = start; at < start + count; at += Piece)
            {
                long numbers = Math.Min(Piece, start + count - at);
                TensorConvert.ToSingle(tensor.Type, data + at, values, numbers);
                for (int i = 0; i < numbers; i++)
                {
                    values[i] *= by;
                }

                HalfConvert.FromSingle(values, (ushort*)to + (at - start), numbers);
            }

            // From now on it is read where it was made.
            PageAdvice.Release(data + start, count);
        }).As($"{tensor.StoredAs} scaled", tensor.StoredBytes);
    }
}
