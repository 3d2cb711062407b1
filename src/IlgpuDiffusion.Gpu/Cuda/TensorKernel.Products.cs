using IlgpuDiffusion.Gpu.Tensor;

namespace IlgpuDiffusion.Gpu.Cuda;

internal sealed partial record TensorKernel
{
    private static IEnumerable<TensorKernel> Products<TNumber>()
        where TNumber : struct, INumber16
    {
        string name = TNumber.IsBFloat ? "bf16" : "f16";
        foreach ((int columns, Type tile) in new[] { (TileChoice.Narrow, typeof(WarpTile64)), (TileChoice.Wide, typeof(WarpTile80)) })
        {
            yield return Of("GEMM", nameof(GemmKernel.Dense));
            yield return Of("convolution", nameof(GemmKernel.Convolution), typeof(NoResize));
            yield return Of("resized convolution", nameof(GemmKernel.Convolution), typeof(NearestResize));

            TensorKernel Of(string what, string method, params Type[] more)
            {
                GroupForm form = GemmTile.Form(columns);
                return new($"{what} 128×{columns} {name}", Make<TNumber>(typeof(GemmKernel), method, [tile, typeof(Stored16<TNumber>), .. more]), form.Items, form.GroupsPerProcessor, form.SharedBytes, columns / 2);
            }
        }
    }
}
