using System.Diagnostics.CodeAnalysis;

namespace IlgpuDiffusion.Acceleration;

/// <summary>What is asked of acceleration: techniques with their settings, and the share of the steps that are taken. It says nothing about a model, a size or a number of steps: windows are fractions of the schedule, cadences count evaluations.</summary>
public sealed class AccelerationPolicy : IEquatable<AccelerationPolicy>
{
    /// <summary>The version of the JSON that this program writes.</summary>
    public const int Version = 1;

    /// <param name="techniques">In any order; the plan orders them.</param>
    public AccelerationPolicy(params IReadOnlyList<ITechnique> techniques) => Techniques = techniques;

    /// <summary>Nothing is accelerated.</summary>
    public static AccelerationPolicy Exact { get; } = new();

    /// <summary>
    /// The published acceleration of Stable Diffusion 3 medium (mindspore-lab/mindone, examples/dit_infer_acceleration), for any number of blocks and steps: DiTCache, a gate of
    /// guidance after 20 of 28 steps, and in the first half of the blocks keys of the picture on a grid 1.6 times as coarse.
    /// </summary>
    public static AccelerationPolicy MindOne { get; } = new(new DiTCache(), new Guidance { End = 20.0 / 28 }, new ToDo { Factors = [1.6], Method = GridMethod.Bilinear, Layers = 0.5, Compat = true });

    /// <summary>The techniques.</summary>
    public IReadOnlyList<ITechnique> Techniques { get; }

    /// <summary>From which grids and phases of attention are drawn, with the evaluation and the site. Not the picture's seed, so that a picture does not depend on its batch.</summary>
    public ulong Seed { get; init; }

    /// <summary>The share of a request's steps that are taken, above 0 to 1: its schedule has so many fewer. Plain fewer steps are what every technique must beat.</summary>
    public double Steps { get; init; } = 1;

    /// <summary>Whether nothing is asked.</summary>
    public bool IsExact => Techniques.Count == 0 && Steps == 1;

    /// <summary>The steps that are taken of a request's: at least one.</summary>
    public int StepsOf(int asked) => Math.Max(1, (int)Math.Round(Steps * asked));

    /// <summary>The policy with another technique, which replaces those of its own kind.</summary>
    public AccelerationPolicy With(ITechnique technique)
    {
        ArgumentNullException.ThrowIfNull(technique);
        return new([.. Techniques.Where(other => other.GetType() != technique.GetType()), technique]) { Seed = Seed, Steps = Steps };
    }

    /// <summary>Reads a policy.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="techniques">The techniques that may be named; by default those that come with the library.</param>
    /// <exception cref="PolicyException">It is not valid; the message names the member.</exception>
    public static AccelerationPolicy Parse([StringSyntax(StringSyntaxAttribute.Json)] string json, TechniqueCatalogue? techniques = null) =>
        PolicyJson.Read(json, techniques ?? TechniqueCatalogue.Default);

    /// <summary>Writes all settings, on one line.</summary>
    public string ToJson() => PolicyJson.Write(this);

    /// <summary>Throws if a setting is out of range or two techniques cannot be used together.</summary>
    /// <exception cref="PolicyException">The message names the settings.</exception>
    public void Check()
    {
        PolicyException.Require(Steps is > 0 and <= 1, $"The policy's 'steps' must be the share of the steps that are taken, above 0 to 1; it is {Steps}.");
        foreach (ITechnique technique in Techniques)
        {
            technique.Check();
            PolicyJson.Check(technique);
        }

        Composition.Check(Techniques);
    }

    /// <inheritdoc/>
    public bool Equals(AccelerationPolicy? other) => other is not null && (Seed, Steps) == (other.Seed, other.Steps) && Techniques.SequenceEqual(other.Techniques);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AccelerationPolicy);

    /// <inheritdoc/>
    public override int GetHashCode() => Techniques.Aggregate(HashCode.Combine(Seed, Steps), HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => ToJson();
}
