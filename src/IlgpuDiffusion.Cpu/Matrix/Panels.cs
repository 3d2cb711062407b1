using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// A weight cut into panels of 32 outputs, in its own type: [outputs / 32][blocks of 128 inputs][taps][inputs of the block][32],
/// zeros in place of outputs that are not there. What a panel holds for one block and one tap, its <em>slab</em>, is contiguous.
/// </summary>
/// <remarks>
/// This order of inputs is also the order in which they are summed, at every vector width and tile height: a slab's products by ascending
/// input, starting from zero, then the slabs' sums one after the other.
/// </remarks>
/// <param name="Convolution">Whether the weight is [O, I, kh, kw] and not [1, 1, N, K].</param>
/// <param name="Gated">Whether a panel holds 16 values and their 16 gates.</param>
internal sealed record Panels(bool Convolution, bool Gated) : WeightLayout
{
    /// <summary>Outputs of a panel; divides every channel count of the known models.</summary>
    public const int Columns = 32;

    /// <summary>Inputs that are summed before the sum is added to the others: a slab fits the first-level cache, and sums stay accurate.</summary>
    public const int KBlock = 128;

    /// <inheritdoc/>
    public override long Bytes(Shape shape, ElementType type)
    {
        PanelSize size = Size(shape);
        return (long)size.Panels * size.PanelElements * type.Size();
    }

    /// <summary>Whether panels can hold elements of a type.</summary>
    public bool Holds(ElementType type) => type.IsStorage() || (type.IsByteFloat() && !Convolution);

    /// <summary>The numbers of a weight.</summary>
    public PanelSize Size(Shape shape) => Convolution
        ? new PanelSize(shape.Batch, shape.Height, shape.Width * shape.Channels, Gated)
        : new PanelSize(shape.Width, shape.Channels, 1, Gated);
}

/// <summary>Sizes of a packed weight.</summary>
/// <param name="Rows">Outputs; of a gated weight, values and gates.</param>
/// <param name="Inputs">Inputs of one tap.</param>
/// <param name="Taps">Positions of the kernel, 1 for a linear layer.</param>
/// <param name="Gated">Whether a panel holds 16 values and their 16 gates.</param>
internal readonly record struct PanelSize(int Rows, int Inputs, int Taps, bool Gated)
{
    /// <summary>Outputs after gating.</summary>
    public int Outputs => Gated ? Rows / 2 : Rows;

    /// <summary>Outputs after gating of one panel.</summary>
    public int OutputsPerPanel => Gated ? Cpu.Panels.Columns / 2 : Cpu.Panels.Columns;

    /// <summary>The number of panels.</summary>
    public int Panels => (Outputs + OutputsPerPanel - 1) / OutputsPerPanel;

    /// <summary>Elements of a panel.</summary>
    public int PanelElements => checked(Inputs * Taps * Cpu.Panels.Columns);

    /// <summary>The weight's row in a column of a panel, or −1 for padding.</summary>
    public int Row(int panel, int column)
    {
        int output = (panel * OutputsPerPanel) + (column % OutputsPerPanel);
        return output >= Outputs ? -1 : column < OutputsPerPanel ? output : Outputs + output;
    }
}
