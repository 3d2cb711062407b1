using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Components;

/// <summary>The ControlNets of an evaluation: in one graph with the denoiser, so that what a plan recalls spares of them what only it needs.</summary>
internal static class ControlGraph
{
    /// <summary>The most ControlNets of a request.</summary>
    public const int Most = 8;

    /// <summary>The name of a ControlNet's picture, [1, H, W, 3].</summary>
    public static string Hint(int number) => $"control.{number}.hint";

    /// <summary>The name of what its residuals are multiplied by.</summary>
    public static string Strength(int number) => $"control.{number}.strength";

    /// <summary>What those that the row says add together; null where it says none.</summary>
    /// <param name="m">The denoiser's root.</param>
    /// <param name="key">The form.</param>
    /// <param name="latents">[branches·B, h, w, c], scaled for the network.</param>
    /// <param name="time">The time.</param>
    /// <param name="inputs">The network's inputs by name.</param>
    public static ControlResiduals? Build(ModelBuilder m, EvaluationKey key, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs)
    {
        ControlResiduals? sum = null;
        for (int i = 0; i < key.Controls.Count; i++)
        {
            if ((m.Plan.Row.Controls & (1 << i)) == 0)
            {
                continue;
            }

            ControlPart part = key.Controls[i];
            Value hint = m.Graph.Input(Hint(i), new Shape(1, key.Height * part.Model.Factor, key.Width * part.Model.Factor, ControlNetModel.Colours), Stage.Request);
            ControlResiduals residuals = part.Model.Build(m.Beside(part.Weights, part.Network), latents, time, inputs, hint).Times(m.Graph.Input(Strength(i), Shape.Scalar, Stage.Schedule));
            sum = sum?.Plus(residuals) ?? residuals;
        }

        return sum;
    }

    /// <summary>Sets the inputs of a run.</summary>
    public static void Set(Run run, IReadOnlyList<ControlInput> controls, int evaluations)
    {
        for (int i = 0; i < controls.Count; i++)
        {
            if (run.Takes(Hint(i)))
            {
                run.Set<float>(Hint(i), controls[i].Hint.Value);
                run.Set<float>(Strength(i), [.. Enumerable.Repeat((float)controls[i].Strength, evaluations)]);
            }
        }
    }
}
