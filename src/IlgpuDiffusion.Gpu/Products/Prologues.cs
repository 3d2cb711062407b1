using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A product's prologue, run once in front of it into scratch by the kernels of the ops that it stands for.</summary>
internal static class Prologues
{
    /// <summary>Bytes of scratch.</summary>
    public static long Bytes(TensorType x) => x.Shape.Count * x.Type.Size();

    /// <summary>Where the product reads its input: the operand itself, or scratch, which is dense.</summary>
    public static Place Input(Prologue prologue, FusedOperands numbers, TensorType x, Place[] places) =>
        prologue == Prologue.None ? places[0] : places[numbers.Count + 1] with { RowStride = x.Shape.Channels, Type = x.Type };

    /// <summary>The launch, or null if there is no prologue.</summary>
    /// <param name="host">The device.</param>
    /// <param name="prologue">Which it is.</param>
    /// <param name="numbers">The product's operands.</param>
    /// <param name="types">Their types.</param>
    /// <param name="places">The product's operands, its result, its scratch.</param>
    /// <param name="path">The layer.</param>
    public static Launch? Bind(GpuHost host, Prologue prologue, FusedOperands numbers, TensorType[] types, Place[] places, string path)
    {
        if (prologue == Prologue.None)
        {
            return null;
        }

        (TensorType x, int table) = (types[0], numbers.Prologue);
        Place applied = Input(prologue, numbers, x, places);
        if (prologue == Prologue.LayerNorm)
        {
            Shape statistic = x.Shape with { Channels = 1 }, vector = Shape.Vector(x.Shape.Channels);
            LineOperand[] norm = [new(0, x.Shape), new(1, statistic), new(1, statistic, 1), new(2, vector), new(3, vector)];
            return Elementwise.Bind<NormalizeMap>(host, x.Type, [places[0], places[table], places[table + 1], places[table + 2], applied], path, x.Shape, norm);
        }

        Shape scale = types[table].Shape with { Channels = x.Shape.Channels };
        LineOperand[] arguments = [new(0, x.Shape), new(1, scale), new(1, scale, x.Shape.Channels)];
        Place[] used = [places[0], places[table], applied];
        return prologue == Prologue.ScaleShiftSilu
            ? Elementwise.Bind<ScaleShiftMap<Silu>>(host, x.Type, used, path, x.Shape, arguments)
            : Elementwise.Bind<ScaleShiftMap<Identity>>(host, x.Type, used, path, x.Shape, arguments);
    }
}
