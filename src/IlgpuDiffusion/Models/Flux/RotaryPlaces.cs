using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>How queries and keys are turned by their places; those of a coarser grid by the places that they stand for.</summary>
/// <param name="Of">The picture's grid of tokens.</param>
/// <param name="RowChannels">Channels of a head that rows turn.</param>
/// <param name="ColumnChannels">Channels of a head that columns turn.</param>
internal sealed record RotaryPlaces(Grid Of, int RowChannels, int ColumnChannels)
{
    private const double Theta = 10000;

    /// <summary>Queries or keys on the picture's grid, or on a coarser one.</summary>
    public Value Turned(Value x, int heads, string path) => x.Rotary(new RotaryTable(new Grid(x.Shape.Height, x.Shape.Width), Of, RowChannels, ColumnChannels, Theta), heads, path);
}
