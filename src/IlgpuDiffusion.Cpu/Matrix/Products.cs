using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>The kernels of the linear layer, the convolution and the packing of their weights.</summary>
internal static class Products
{
    public static Prepared Linear(WorkerPool pool, Linear op, in Operands operands)
    {
        Panels layout = new(Convolution: false, op.Epilogue.Gated);
        ProductPlan plan = ProductPlan.Linear(operands.Inputs[0].Shape, layout.Size(operands.Inputs[1].Shape));
        return new PreparedProduct(pool, plan, layout, op.Prologue, op.Epilogue, operands);
    }

    /// <param name="pool">The threads.</param>
    /// <param name="op">The convolution.</param>
    /// <param name="operands">Its operands.</param>
    /// <param name="method">The method wherever it can be used, or null for the one that the shapes ask for.</param>
    public static Prepared Conv2d(WorkerPool pool, Conv2d op, in Operands operands, ConvolutionMethod? method = null)
    {
        Panels layout = new(Convolution: true, Gated: false);
        (ProductPlan plan, WinogradPlan? winograd) = Plans(op, operands, layout, method);
        int slots = winograd?.SumSlots ?? plan.SumSlots;
        return op.Sums == 0 || op.Sums == slots
            ? new PreparedProduct(pool, plan, layout, op.Prologue, op.Epilogue, operands, winograd, op.Sums)
            : throw new ArgumentException($"The sums of this convolution are in {slots} slots, not {op.Sums}.", nameof(op));
    }

    /// <summary>In how many slots a convolution leaves the sums of an image's channels.</summary>
    public static int SumSlots(Conv2d op, in Operands operands, ConvolutionMethod? method = null)
    {
        (ProductPlan plan, WinogradPlan? winograd) = Plans(op, operands, new Panels(Convolution: true, Gated: false), method);
        return winograd?.SumSlots ?? plan.SumSlots;
    }

    /// <summary>A convolution with those of its permissions that its method makes use of.</summary>
    public static Conv2d Used(Conv2d op, in Operands operands, ConvolutionMethod? method)
    {
        ConvolutionMethod chosen = Method(op, operands, method);
        return op with { Winograd = chosen != ConvolutionMethod.Direct, Phases = op.Phases && chosen is (ConvolutionMethod.Direct or ConvolutionMethod.WinogradPhases) };
    }

    private static ConvolutionMethod Method(Conv2d op, in Operands operands, ConvolutionMethod? wanted)
    {
        ConvolutionMethod method = WinogradChoice.Fits(op, operands.Inputs[1].Shape) ? wanted ?? WinogradChoice.Choose(operands.Inputs[0].Shape, operands.Outputs[0].Shape, op.Phases) : ConvolutionMethod.Direct;
        return method == ConvolutionMethod.WinogradPhases && !op.Phases ? ConvolutionMethod.Winograd4 : method;
    }

    private static (ProductPlan Direct, WinogradPlan? Winograd) Plans(Conv2d op, in Operands operands, Panels layout, ConvolutionMethod? method)
    {
        (Shape x, Shape w) = (operands.Inputs[0].Shape, operands.Inputs[1].Shape);
        Shape y = operands.Outputs[0].Shape;
        PanelSize size = layout.Size(w);
        ProductPlan plan = ProductPlan.Convolution(x, y, size, new Grid(w.Width, w.Channels), op.Stride, op.Padding, op.Source(x), op.Phases);
        ConvolutionMethod chosen = Method(op, operands, method);
        WinogradPlan? winograd = chosen == ConvolutionMethod.Direct ? null : WinogradPlan.Create(chosen, x, y, size, op.Padding, op.Source(x));
        return (plan, winograd);
    }

    public static Prepared Pack(WorkerPool pool, Pack op, in Operands operands)
    {
        TensorType weight = operands.Inputs[0];
        return op.Layout is Panels layout && layout.Holds(weight.Type)
            ? new PreparedPack(pool, layout.Size(weight.Shape), weight.Type)
            : throw new ArgumentException($"The CPU cannot pack {weight} as {op.Layout}.", nameof(operands));
    }
}
