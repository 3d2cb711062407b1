using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tuning;

/// <summary>The ways of computing less that a calibration weighs, beside the schedules that it searches.</summary>
internal static class CalibrationWays
{
    /// <summary>Shares of the steps; the first ones are painted whatever the time.</summary>
    public static IReadOnlyList<double> Shares { get; } = [0.7, 0.5, 0.3, 0.15, 0.85, 0.6, 0.4, 0.25, 0.2];

    /// <summary>How many of them, and at as many costs the best ways that were known before, are the least that is of use.</summary>
    public const int Least = 4;

    /// <summary>The fewest steps of which schedules are searched: of fewer none was ever the best.</summary>
    public const double LeastShare = 0.5;

    /// <summary>Costs for which schedules are searched, of the exact run's evaluations; those without which most budgets have nothing first.</summary>
    public static IReadOnlyList<double> Costs { get; } = [0.65, 0.45, 0.3, 0.2, 0.75, 0.55, 0.35, 0.25, 0.5, 0.4, 0.7, 0.6, 0.85, 0.15];

    /// <summary>Over longer gaps errors are so large that they grow no more.</summary>
    public const double LongGaps = 0.4;

    /// <summary>Budgets for which ways are combined: schedules alone meet only what whole evaluations come to.</summary>
    public static IReadOnlyList<double> Gains { get; } = [2, 3, 1.5, 4, 2.5, 1.75, 1.25, 5];

    /// <summary>Cadences: over long gaps the search, which is of first order, may miss what an even one has.</summary>
    public static IReadOnlyList<int> Cadences { get; } = [2, 3, 4, 5];

    /// <summary>Ways of guidance.</summary>
    public static IReadOnlyList<ITechnique> OfBranches { get; } =
    [
        new Guidance { End = 0.8, After = GuidanceAfter.Hold }, new Guidance { End = 0.6, After = GuidanceAfter.Hold }, new Guidance { End = 0.9, After = GuidanceAfter.Hold }, new Guidance { End = 0.7, After = GuidanceAfter.Hold },
        new Guidance { End = 0.9 }, new Guidance { End = 0.8 }, new Guidance { End = 0.7 }, new Guidance { Every = 2, After = GuidanceAfter.Hold },
        new TGate { Gate = 0.8 },
    ];

    private static readonly Cache Deep = new() { Where = new DeepFeatures(), When = new Cadence { Every = 2 }, How = new Taylor() };

    /// <summary>A way that a network allows if it is a UNet.</summary>
    public static AccelerationPolicy TellsUNets { get; } = new(Deep);

    /// <summary>Ways of computing less of a UNet. Merging three of four tokens was nearer than merging half of them, and faster, with papercut at 256² and 512²: presumably because every one that is left then stands for as many.</summary>
    public static IReadOnlyList<ITechnique> OfUNets { get; } =
        [Deep, Deep with { When = new Cadence { Every = 3 } }, new ToDo { Factors = [2] }, new ToMe { Ratio = 0.75 }, new ToMe(), new HyperTile { Tile = 64 }];

    /// <summary>Ways of computing less of a transformer: the published settings of Stable Diffusion 3, and DiTCache's blocks with a forecast and for the whole run.</summary>
    public static IReadOnlyList<ITechnique> OfTransformers { get; } =
    [
        new DiTCache(), new Cache { Where = new BlockRange { From = new DiTCache().From, To = new DiTCache().To }, When = new Cadence { Every = 2 }, How = new Taylor() },
        new ToDo { Factors = [1.6], Method = GridMethod.Bilinear, Layers = 0.5 },
    ];
}
