namespace IlgpuDiffusion.Gpu.Cuda;

internal sealed partial record TensorKernel
{
    private static IEnumerable<TensorKernel> Products<TNumber>()
        where TNumber : struct, INumber16
    {
        string name = TNumber.IsBFloat ? "bf16" : "f16";
        yield return Of("GEMM to f32", TileChoice.Narrow, nameof(GemmKernel.Dense), typeof(WarpTile64), typeof(Output32));
        foreach ((int columns, Type tile) in new[] { (TileChoice.Narrow, typeof(WarpTile64)), (TileChoice.Wide, typeof(WarpTile80)) })
        {
            yield return Of("GEMM", columns, nameof(GemmKernel.Dense), tile, typeof(Output16<TNumber>));
            yield return Of("convolution", columns, nameof(GemmKernel.Convolution), tile, typeof(Output16<TNumber>), typeof(NoResize));
            yield return Of("resized convolution", columns, nameof(GemmKernel.Convolution), tile, typeof(Output16<TNumber>), typeof(NearestResize));
        }

        TensorKernel Of(string what, int columns, string method, params Type[] arguments)
        {
            GroupForm form = GemmTile.Form(columns);
            return new($"{what} 128×{columns} {name}", Make<TNumber>(typeof(GemmKernel), method, arguments), form.Items, form.GroupsPerProcessor, form.SharedBytes, columns / 2);
        }
    }
}
