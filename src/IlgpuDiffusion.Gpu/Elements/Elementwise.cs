using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Prepares one function of all elements of broadcast operands.</summary>
internal static class Elementwise
{
    /// <summary>The kernel; the result is the last place.</summary>
    /// <param name="host">The device.</param>
    /// <param name="operands">The op's operands, whose first has the type of the values.</param>
    /// <param name="work">What it does.</param>
    /// <param name="arguments">What the function takes.</param>
    /// <param name="p">The function's first constant.</param>
    /// <param name="q">Its second constant.</param>
    public static Prepared Prepare<TMap>(GpuHost host, in Operands operands, Work work, ReadOnlySpan<LineOperand> arguments, float p = 0, float q = 0)
        where TMap : struct, IElementMap
    {
        LineOperand[] all = arguments.ToArray();
        (Shape result, ElementType type) = (operands.Outputs[0].Shape, operands.Inputs[0].Type);
        foreach (LineOperand argument in all)
        {
            ElementFormats.Require(operands.Inputs[argument.Place], argument.Place == 0 || TMap.Arity == 2 ? type : ElementType.F32);
        }

        ElementFormats.Require(operands.Outputs[0], type);
        return new GpuPrepared(work, (places, path) => Bind<TMap>(host, type, places, path, result, all, p, q));
    }

    /// <summary>The launch for operands at their places.</summary>
    public static Launch Bind<TMap>(GpuHost host, ElementType type, Place[] places, string path, Shape result, LineOperand[] arguments, float p = 0, float q = 0)
        where TMap : struct, IElementMap => ElementFormats.Of(host, type) switch
        {
            ElementFormat.Float32 => new ElementLaunch<TMap, float, Float32Format>(host, places, path, result, arguments, p, q),
            ElementFormat.BFloat16 => new ElementLaunch<TMap, ushort, BFloat16Format>(host, places, path, result, arguments, p, q),
            ElementFormat.CudaFloat16 => new ElementLaunch<TMap, ushort, CudaFloat16Format>(host, places, path, result, arguments, p, q),
            _ => new ElementLaunch<TMap, ushort, Float16Format>(host, places, path, result, arguments, p, q),
        };
}
