using System.Runtime.CompilerServices;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Requests;

/// <summary>The ControlNets of a request, opened.</summary>
/// <param name="Asked">As they were asked for.</param>
/// <param name="Inputs">What each is given.</param>
internal sealed record ControlChoice(IReadOnlyList<ControlNet> Asked, IReadOnlyList<ControlInput> Inputs)
{
    /// <summary>None.</summary>
    public static ControlChoice None { get; } = new([], []);

    /// <summary>The networks, for the form of an evaluation.</summary>
    public EquatableArray<ControlPart> Parts => new([.. Inputs.Select(input => input.Part)]);

    /// <exception cref="RequestException">A setting is out of range, or the model takes no ControlNet.</exception>
    public static ControlChoice Of(GenerationRequest request, ModelComponents model, int width, int height)
    {
        IReadOnlyList<ControlNet> asked = request.ControlNets;
        if (asked.Count == 0)
        {
            return None;
        }

        Require(model.Parts.Network is IControlledNetwork, $"'{model.Parts.Name}' ({model.Parts.Family.Name}) takes no ControlNet; Stable Diffusion 1, 2 and XL do.");
        Require(asked.Count <= ControlGraph.Most, $"{asked.Count} ControlNets are more than the {ControlGraph.Most} that a request may have.");
        foreach (ControlNet control in asked)
        {
            Require(control.Image is not null, $"The ControlNet '{control.Path}' has no picture to follow.");
            Require(double.IsFinite(control.Strength) && control.Strength >= 0, $"The strength of the ControlNet '{control.Path}' must be a number of at least 0; it is {control.Strength}.");
            Require(control.Start is >= 0 and <= 1 && control.End is >= 0 and <= 1 && control.Start < control.End, $"start and end of the ControlNet '{control.Path}' must be fractions of the steps, 0 to 1, the start before the end; they are {control.Start} and {control.End}.");
        }

        return new ControlChoice(asked, [.. asked.Select(control => new ControlInput(
            model.Controls.Open(control.Path), control.Strength, new Lazy<float[]>(() => ImageResize.Cover(control.Image, width, height).ToFloats())))]);
    }

    /// <summary>When each evaluation takes place, and which ControlNets run in it.</summary>
    public Moment[] Moments(SamplingProgram program)
    {
        int steps = program.Schedule.Levels.Count - 1;
        return [.. program.Evaluations.Select(e => new Moment(e.Index, e.Step, steps) { Controls = Enumerable.Range(0, Asked.Count).Sum(i => Controls(Asked[i], e.Step, steps) ? 1 << i : 0) })];
    }

    /// <summary>Sentences about ControlNets that never run.</summary>
    public IEnumerable<string> Warnings(IReadOnlyList<Moment> moments) => Enumerable.Range(0, Asked.Count)
        .Where(i => moments.All(moment => (moment.Controls & (1 << i)) == 0))
        .Select(i => FormattableString.Invariant($"The ControlNet '{Inputs[i].Part.Name}' is followed in no step: none of {moments[0].Steps} lies wholly between {Asked[i].Start} and {Asked[i].End} of the schedule."));

    // As in diffusers: a step that is begun before the end and not done by then is not controlled.
    private static bool Controls(ControlNet control, int step, int steps) => (double)step / steps >= control.Start && (step + 1.0) / steps <= control.End;

    private static void Require(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref RequirementMessage message)
    {
        if (!condition)
        {
            throw new RequestException(nameof(GenerationRequest.ControlNets), message.Text());
        }
    }
}
