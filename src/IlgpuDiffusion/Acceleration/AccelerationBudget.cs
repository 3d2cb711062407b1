using System.Globalization;

namespace IlgpuDiffusion.Acceleration;

/// <summary>What a budget limits.</summary>
public enum BudgetKind
{
    /// <summary>How many times as fast as the exact request, at least.</summary>
    Speed,

    /// <summary>The seconds of a picture, at most.</summary>
    Seconds,

    /// <summary>The PSNR against the exact picture in dB, at least.</summary>
    Decibels,
}

/// <summary>What acceleration may cost, or must gain: of all ways that keep to it, the one with the least error is taken, or, of a bound on the error, the fastest.</summary>
/// <param name="Kind">What is limited.</param>
/// <param name="Value">The bound, above 0.</param>
public sealed record AccelerationBudget(BudgetKind Kind, double Value)
{
    // Points of the same search by name; "exact" is no budget.
    private static readonly Dictionary<string, AccelerationBudget> Presets = new(StringComparer.OrdinalIgnoreCase) { ["balanced"] = Times(1.5), ["fast"] = Times(2), ["turbo"] = Times(3) };

    private static readonly (string Unit, BudgetKind Kind)[] Units = [("x", BudgetKind.Speed), ("s", BudgetKind.Seconds), ("dB", BudgetKind.Decibels)];

    /// <summary>The names of presets, the slowest first.</summary>
    public static IReadOnlyList<string> PresetNames => [.. Presets.Keys];

    /// <summary>So many times as fast as the exact request.</summary>
    public static AccelerationBudget Times(double factor) => new(BudgetKind.Speed, factor);

    /// <summary>A preset: balanced is 1.5 times, fast 2 times, turbo 3 times as fast as the exact request; null for another name.</summary>
    public static AccelerationBudget? Preset(string name) => Presets.GetValueOrDefault(name);

    /// <summary>Reads <c>2x</c>, <c>3s</c>, <c>40dB</c>, or the name of a preset.</summary>
    /// <exception cref="PolicyException">It is none of them.</exception>
    public static AccelerationBudget Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach ((string unit, BudgetKind kind) in Units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase) && double.TryParse(text.AsSpan(0, text.Length - unit.Length).Trim(), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value))
            {
                AccelerationBudget budget = new(kind, value);
                budget.Check();
                return budget;
            }
        }

        return Preset(text) ?? throw new PolicyException($"A budget must be a number with its unit, such as 2x (times as fast), 3s (seconds for a picture) or 40dB (likeness to the exact picture), or one of {string.Join(", ", Presets.Keys)}; it is '{text}'.{(text.Contains(',', StringComparison.Ordinal) ? " Decimals stand behind a point, not a comma." : "")}");
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + Units.First(unit => unit.Kind == Kind).Unit;

    /// <exception cref="PolicyException">It is out of range.</exception>
    internal void Check()
    {
        PolicyException.Require(Enum.IsDefined(Kind), $"A budget limits one of {string.Join(", ", Enum.GetNames<BudgetKind>())}; not {Kind}.");
        PolicyException.Require(double.IsFinite(Value) && Value > 0, $"A budget must be above 0; it is {this}.");
        PolicyException.Require(Kind != BudgetKind.Speed || Value >= 1, $"A budget in times as fast must be at least 1x; it is {this}.");
    }
}
