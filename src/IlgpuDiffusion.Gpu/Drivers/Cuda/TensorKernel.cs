using System.Reflection;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>A kernel on tensor cores as it is compiled for CUDA.</summary>
/// <param name="Name">What it is, in words.</param>
/// <param name="Method">The entry with its type arguments.</param>
/// <param name="Threads">Items of a group.</param>
/// <param name="GroupsPerProcessor">Groups that one multiprocessor is to hold: the registers are cut to that.</param>
/// <param name="SharedBytes">Dynamic shared memory of a group.</param>
/// <param name="MultiplyAdds">mma.sync instructions in its code.</param>
internal sealed partial record TensorKernel(string Name, MethodInfo Method, int Threads, int GroupsPerProcessor, int SharedBytes, int MultiplyAdds)
{
    private const BindingFlags Declared = BindingFlags.Static | BindingFlags.Public;

    /// <summary>How it is loaded.</summary>
    public KernelSpecialization Specialization => new(Threads, GroupsPerProcessor);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TensorKernel> All { get; } = [.. Blocks, .. Products<BFloat16>(), .. Products<Float16>(), .. Of<BFloat16>(), .. Of<Float16>()];

    private static IEnumerable<TensorKernel> Of<TNumber>()
        where TNumber : struct, INumber16
    {
        string name = TNumber.IsBFloat ? "bf16" : "f16";
        yield return new($"softmax {name}", Make<TNumber>(typeof(SoftmaxRows), nameof(SoftmaxRows.Run)), SoftmaxRows.Threads, SoftmaxRows.GroupsPerProcessor, 0, 0);
        foreach (int slices in Heads.All)
        {
            Type head = Heads.With(slices, new TypeOfHead());
            foreach (Type tokens in new[] { typeof(TokensInOrder), typeof(TokensInTiles) })
            {
                bool tiled = tokens == typeof(TokensInTiles);
                MethodInfo method = Make<TNumber>(typeof(FlashAttentionKernel), nameof(FlashAttentionKernel.Stream), head, tokens, typeof(Output16<TNumber>));
                yield return new($"attention {16 * slices} {name}{(tiled ? " in tiles" : "")}", method, HeadTile.Threads, HeadTile.GroupsPerProcessor(slices), HeadTile.SharedBytes(slices), 16 * slices);
            }
        }
    }

    private static MethodInfo Make<TNumber>(Type type, string method, params Type[] arguments)
        where TNumber : struct, INumber16 =>
        type.GetMethod(method, Declared)!.MakeGenericMethod([typeof(CudaTensorCores<TNumber>), .. arguments]);

    private sealed class TypeOfHead : IHeadUser<Type>
    {
        public Type Use<THead>()
            where THead : struct, IHead<THead> =>
            typeof(THead);
    }
}
