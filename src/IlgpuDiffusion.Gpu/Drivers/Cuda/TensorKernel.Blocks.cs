namespace IlgpuDiffusion.Gpu.Cuda;

internal sealed partial record TensorKernel
{
    /// <summary>Products in single precision, which run on plain units.</summary>
    public static IReadOnlyList<TensorKernel> Blocks { get; } =
    [
        Block<float, SingleQuads>("f32"),
        Block<ushort, ShortQuads<CudaFloat16Format>>("f16"),
        Block<ushort, ShortQuads<BFloat16Format>>("bf16"),
    ];

    private static TensorKernel Block<TElement, TQuads>(string weight)
    {
        GroupForm form = BlockTile.Form;
        return new(
            $"product f32 by {weight}",
            typeof(BlockProductKernel).GetMethod(nameof(BlockProductKernel.Run), Declared)!.MakeGenericMethod(typeof(CudaUnits), typeof(TElement), typeof(TQuads)),
            form.Items,
            form.GroupsPerProcessor,
            form.SharedBytes,
            0);
    }
}
