using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>Weights stay in their file's type where the kernel reads it; elsewhere a load-stage cast to F32 stands before the op.</summary>
internal sealed class TypesPass : Rewriter
{
    public override string Name => "types";

    protected override Value Rewrite(Node node, Value[] inputs)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            ElementType type = inputs[i].Type.Type;
            bool readable = node.Op is Cast or Concat or Slice || (node.Op.TakesAnyFloat(i) && type is ElementType.F16 or ElementType.BF16);
            if (type != ElementType.F32 && type != ElementType.I32 && !readable)
            {
                inputs[i] = inputs[i].Cast(ElementType.F32);
                Taken++;
            }
        }

        return base.Rewrite(node, inputs);
    }
}
