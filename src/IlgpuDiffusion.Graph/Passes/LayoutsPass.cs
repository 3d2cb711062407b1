using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>Weights are packed at load into the layout that the kernel asks for.</summary>
/// <param name="streams">Whether those that are streamed are left as they are (<see cref="CompileOptions.Streams"/>).</param>
internal sealed class LayoutsPass(bool streams) : Rewriter
{
    public override string Name => "layouts";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        if (node.Op is ISource || node.Op.IsView || node.Stage == Stage.Load)
        {
            return base.Rewrite(node, inputs);
        }

        Prepared? prepared = null;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Stage == Stage.Load && !(streams && Residency.Streams(inputs[i])))
            {
                prepared ??= Device.Prepare(node.Op, new Operands(Array.ConvertAll(inputs, v => v.Type), node.Outputs));
                if (prepared.Layout(i) is { } layout)
                {
                    inputs[i] = Target.Apply(new Pack(layout), [inputs[i]], inputs[i].Path);
                    Taken++;
                }
            }
        }

        return base.Rewrite(node, inputs);
    }
}
