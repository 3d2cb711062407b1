using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>Writes the numbers of a block.</summary>
internal unsafe delegate void BlockDecoder(byte* block, float* values);

/// <summary>A type of GGUF's tensors (ggml.h: ggml_type): numbers one by one, or blocks of them that share scales.</summary>
/// <param name="Number">Its number in files.</param>
/// <param name="Name">Its name.</param>
/// <param name="Elements">Numbers in a block.</param>
/// <param name="Bytes">Bytes of a block.</param>
/// <param name="Plain">The type of numbers that are stored one by one.</param>
/// <param name="Decode">Reads a block.</param>
internal sealed record GgufType(uint Number, string Name, int Elements, int Bytes, ElementType? Plain, BlockDecoder? Decode)
{
    /// <summary>Those that are read.</summary>
    public static IReadOnlyList<GgufType> All { get; } = Types();

    // All that have a number, so that one that is not read is named.
    private static readonly string[] Names =
    [
        "F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL",
        "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "Q4_0_4_4", "Q4_0_4_8", "Q4_0_8_8", "TQ1_0", "TQ2_0",
    ];

    /// <summary>The name of a number, known or not.</summary>
    public static string NameOf(uint number) => number < Names.Length ? Names[number] : $"type {number}";

    private static unsafe GgufType[] Types() =>
    [
        Numbers(0, ElementType.F32), Numbers(1, ElementType.F16), Numbers(30, ElementType.BF16), Numbers(28, ElementType.F64),
        Numbers(24, ElementType.I8), Numbers(25, ElementType.I16), Numbers(26, ElementType.I32), Numbers(27, ElementType.I64),
        new(2, "Q4_0", 32, 18, null, GgufBlocks.Q4Zero), new(3, "Q4_1", 32, 20, null, GgufBlocks.Q4One),
        new(6, "Q5_0", 32, 22, null, GgufBlocks.Q5Zero), new(7, "Q5_1", 32, 24, null, GgufBlocks.Q5One), new(8, "Q8_0", 32, 34, null, GgufBlocks.Q8Zero),
        new(10, "Q2_K", 256, 84, null, GgufSuperBlocks.Q2), new(11, "Q3_K", 256, 110, null, GgufSuperBlocks.Q3), new(12, "Q4_K", 256, 144, null, GgufSuperBlocks.Q4),
        new(13, "Q5_K", 256, 176, null, GgufSuperBlocks.Q5), new(14, "Q6_K", 256, 210, null, GgufSuperBlocks.Q6),
    ];

    private static GgufType Numbers(uint number, ElementType type) => new(number, type.SafetensorsName(), 1, type.Size(), type, null);
}
