using System.Text.Json.Serialization;

namespace IlgpuDiffusion.Costs;

/// <summary>What whole evaluations took over the sum of their launches, each timed by itself: of the one that was timed beside them, and of the last runs.</summary>
/// <param name="Ratios">The ratios, the last one last.</param>
internal sealed record Pace(double[] Ratios) : ISound
{
    // Few, so that a machine that has become another is followed; more than those that one busy moment can spoil.
    private const int Most = 5;

    // Launches take no longer by themselves than among others. Where whole runs take so much less, others used the machine while launches were timed.
    private const double Doubtful = 0.7;

    /// <summary>Nothing that is known.</summary>
    public static Pace None { get; } = new([]);

    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsSound => Ratios is not null && Ratios.All(ratio => ratio > 0 && double.IsFinite(ratio));

    /// <summary>Their median; of two in the middle the lower one, since what disturbs a machine makes it slower.</summary>
    public double Factor => Ratios.Length == 0 ? 1 : Ratios.Order().ElementAt((Ratios.Length - 1) / 2);

    /// <summary>Whether launches must have been timed while others used the machine: then some are off by more than others, and no factor mends them.</summary>
    public bool DoubtsRates => Factor < Doubtful;

    /// <summary>With another one.</summary>
    public Pace With(double ratio) => new([.. Ratios.TakeLast(Most - 1), ratio]);
}
