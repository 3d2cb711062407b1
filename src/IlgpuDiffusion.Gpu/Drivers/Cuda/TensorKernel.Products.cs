namespace IlgpuDiffusion.Gpu.Cuda;

internal sealed partial record TensorKernel
{
    private static IEnumerable<TensorKernel> Products<TNumber>()
        where TNumber : struct, INumber16
    {
        string name = TNumber.IsBFloat ? "bf16" : "f16";
        yield return Of("GEMM to f32", TileChoice.Narrow, false, nameof(GemmKernel.Dense), typeof(WarpTile64), typeof(Output32));
        yield return Of("GEMM to f32", TileChoice.Narrow, true, nameof(GemmKernel.Dense), typeof(LowTile64), typeof(Output32));
        yield return Of("convolution to f32", TileChoice.Narrow, true, nameof(GemmKernel.Convolution), typeof(LowTile64), typeof(Output32), typeof(NoResize));
        yield return Of("resized convolution to f32", TileChoice.Narrow, true, nameof(GemmKernel.Convolution), typeof(LowTile64), typeof(Output32), typeof(NearestResize));
        yield return new($"sum of parts {name}", Make<TNumber>(typeof(SplitSumKernel), nameof(SplitSumKernel.Run), typeof(Output16<TNumber>)), SplitSumKernel.Threads, SplitSumKernel.GroupsPerProcessor, 0, 0);
        foreach ((int columns, Type four, Type eight) in new[] { (TileChoice.Narrow, typeof(WarpTile64), typeof(LowTile64)), (TileChoice.Wide, typeof(WarpTile80), typeof(LowTile80)) })
        {
            yield return Of("GEMM", columns, false, nameof(GemmKernel.Dense), four, typeof(Output16<TNumber>));
            yield return Of("GEMM", columns, true, nameof(GemmKernel.Dense), eight, typeof(Output16<TNumber>));
            yield return Of("convolution", columns, false, nameof(GemmKernel.Convolution), four, typeof(Output16<TNumber>), typeof(NoResize));
            yield return Of("convolution", columns, true, nameof(GemmKernel.Convolution), eight, typeof(Output16<TNumber>), typeof(NoResize));
            yield return Of("resized convolution", columns, false, nameof(GemmKernel.Convolution), four, typeof(Output16<TNumber>), typeof(NearestResize));
        }

        TensorKernel Of(string what, int columns, bool eightWarps, string method, params Type[] arguments)
        {
            GroupForm form = GemmTile.Form(columns, eightWarps);
            return new(
                $"{what} 128×{columns}{(eightWarps ? " by eight warps" : "")} {name}",
                Make<TNumber>(typeof(GemmKernel), method, arguments),
                form.Items,
                form.GroupsPerProcessor,
                form.SharedBytes,
                columns * 64 / form.Items);
        }
    }
}
