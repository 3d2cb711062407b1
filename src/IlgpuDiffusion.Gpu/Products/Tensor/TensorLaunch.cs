using ILGPU;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a product on tensor cores, and the views of its operands.</summary>
/// <param name="host">The device.</param>
/// <param name="prepared">The product.</param>
/// <param name="places">The operands.</param>
/// <param name="path">The layer.</param>
internal abstract class TensorLaunch(GpuHost host, TensorProduct prepared, Place[] places, string path) : GpuLaunch(host, places, path)
{
    /// <summary>The product.</summary>
    protected TensorProduct Prepared => prepared;

    /// <summary>The left operand.</summary>
    protected ArrayView<U4> X => View<U4>(0, Extent(0, prepared.Types[0].Shape) / 8);

    /// <summary>The weight.</summary>
    protected ArrayView<U4> Weight => View<U4>(1, prepared.Types[1].Shape.Count / 8);

    /// <summary>The result.</summary>
    protected ArrayView<uint> Result => Numbers(prepared.Numbers.Count);

    /// <summary>What is added; what is not there is something else, which the kernel does not read.</summary>
    protected GemmExtras Extras
    {
        get
        {
            FusedOperands numbers = prepared.Numbers;
            return new()
            {
                Bias = Floats(numbers.Bias),
                RowBias = Floats(numbers.RowBias),
                Residual = Numbers(numbers.Residual < 0 ? numbers.Count : numbers.Residual),
            };
        }
    }

    private ArrayView<float> Floats(int operand) => operand < 0 ? View<float>(0, 1) : Floats(operand, prepared.Types[operand].Shape);

    // 16-bit numbers of the result's shape as words, the last of which may be half beyond it.
    private ArrayView<uint> Numbers(int operand) => View<uint>(operand, (Extent(operand, prepared.Result.Shape) + 1) / 2);
}
