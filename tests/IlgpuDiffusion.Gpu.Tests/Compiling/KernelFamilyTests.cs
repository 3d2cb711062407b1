namespace IlgpuDiffusion.Gpu.Tests.Compiling;

/// <summary>
/// How many kernels each class of them is compiled to for CUDA, of the types that are stored and multiplied: every one costs time to a first picture and is more to hold
/// right, so that one more is a decision, made here.
/// </summary>
[TestClass]
public sealed class KernelFamilyTests
{
    private static readonly Dictionary<string, int> Families = new()
    {
        ["AttentionKernel"] = 4,
        ["BlockProductKernel"] = 3,
        ["CastKernel"] = 18,
        ["CombineKernel"] = 1,
        ["CropKernel"] = 5,
        ["DepthToSpaceKernel"] = 2,
        ["ElementKernel"] = 96,
        ["EmbeddingKernel"] = 6,
        ["FlashAttentionKernel"] = 20,
        ["GemmKernel"] = 28,
        ["GroupNormFinishKernel"] = 1,
        ["GroupNormKernel"] = 7,
        ["PackKernel"] = 2,
        ["ProductKernel"] = 7,
        ["RectangleSumsKernel"] = 5,
        ["RelativeBiasKernel"] = 1,
        ["ResampleKernel"] = 4,
        ["RmsNormKernel"] = 4,
        ["RotaryKernel"] = 4,
        ["RowCopyKernel"] = 5,
        ["RowNormKernel"] = 8,
        ["RowStatisticsKernel"] = 5,
        ["SinusoidKernel"] = 1,
        ["SoftmaxRows"] = 2,
        ["SplitSumKernel"] = 2,
        ["StandardDeviationKernel"] = 5,
        ["TokenGroupKernel"] = 8,
        ["TokenMatchKernel"] = 11,
        ["TransposeKernel"] = 1,
        ["UpsampleKernel"] = 4,
        ["WeightedSumKernel"] = 4,
    };

    [TestMethod]
    public void AFamilyHasTheKernelsThatItIsSaidToHave()
    {
        string[] found = [.. KernelInstances.Cuda.CountBy(instance => instance.Kernel.DeclaringType!.Name).Select(family => $"[\"{family.Key}\"] = {family.Value},").Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(Families.Select(family => $"[\"{family.Key}\"] = {family.Value},").Order(StringComparer.Ordinal).ToArray(), found, $"There are\n{string.Join('\n', found)}");
    }
}
