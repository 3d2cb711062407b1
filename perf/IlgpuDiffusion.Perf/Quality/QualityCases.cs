using System.Globalization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Perf.Quality;

/// <summary>A setting of a method.</summary>
/// <param name="Method">The curve that it is a point of.</param>
/// <param name="Setting">Which point.</param>
/// <param name="Policy">What is asked.</param>
internal sealed record QualityCase(string Method, string Setting, AccelerationPolicy Policy)
{
    /// <summary>Its name.</summary>
    public string Name => $"{Method} {Setting}";
}

/// <summary>The methods whose quality is held against their time.</summary>
internal static class QualityCases
{
    public const string FewerSteps = "fewer steps";

    /// <summary>Single methods, each at several strengths.</summary>
    public static IReadOnlyList<QualityCase> Single { get; } =
    [
        .. Of(FewerSteps, [0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15], share => new() { Steps = share }),
        .. Of("DeepCache", [2, 3, 4, 5, 7], every => new(new DeepCache { Every = (int)every })),
        .. Of("deep features, Taylor", [2, 3, 4, 5], every => new(Cache(new DeepFeatures(), (int)every, new Taylor()))),
        .. Of("blocks, reuse", [2, 3, 4], every => new(Cache(new BlockRange(), (int)every, new Reuse()))),
        .. Of("blocks, Chebyshev", [2, 3, 4], every => new(Cache(new BlockRange(), (int)every, new Chebyshev()))),
        .. Of("prediction, reuse", [2, 3, 4], every => new(Cache(new WholePrediction(), (int)every, new Reuse()))),
        .. Of("prediction, Taylor", [2, 3, 4, 5], every => new(Cache(new WholePrediction(), (int)every, new Taylor()))),
        .. Of("prediction, Taylor 2", [2, 3, 4], every => new(Cache(new WholePrediction(), (int)every, new Taylor { Order = 2 }))),
        .. Of("prediction, Chebyshev", [2, 3, 4, 5], every => new(Cache(new WholePrediction(), (int)every, new Chebyshev()))),
        .. Of("guidance held", [2, 3, 4, 5], every => new(new Guidance { Every = (int)every, After = GuidanceAfter.Hold })),
        .. Of("guidance to, held", [0.8, 0.6, 0.4, 0.2], end => new(new Guidance { End = end, After = GuidanceAfter.Hold })),
        .. Of("guidance to", [0.8, 0.6, 0.4, 0.2], end => new(new Guidance { End = end })),
        .. Of("T-GATE", [0.8, 0.6, 0.4, 0.2], gate => new(new TGate { Gate = gate })),
        .. Of("HyperTile", [128, 64], tile => new(new HyperTile { Tile = (int)tile })),
        .. Of("ToDo", [2, 4], factor => new(new ToDo { Factors = [factor, factor] })),
        .. Of("ToMe", [0.3, 0.5, 0.75], ratio => new(new ToMe { Ratio = ratio })),
        .. Of("local and global", [8, 4], factor => new(new LocalGlobal { Tile = 64, Factor = factor })),
    ];

    /// <summary>Methods together.</summary>
    public static IReadOnlyList<QualityCase> Combined { get; } =
    [
        .. Of("guidance held 2, prediction Taylor", [2, 3, 4], every => new(new Guidance { Every = 2, After = GuidanceAfter.Hold }, Cache(new WholePrediction(), (int)every, new Taylor()))),
        .. Of("guidance to 0.6 held, prediction Taylor", [2, 3, 4], every => new(new Guidance { End = 0.6, After = GuidanceAfter.Hold }, Cache(new WholePrediction(), (int)every, new Taylor()))),
        .. Of("guidance to 0.6 held, fewer steps", [0.8, 0.6, 0.5, 0.4, 0.3], share => new(new Guidance { End = 0.6, After = GuidanceAfter.Hold }) { Steps = share }),
        .. Of("guidance held 2, fewer steps", [0.8, 0.6, 0.5, 0.4, 0.3], share => new(new Guidance { Every = 2, After = GuidanceAfter.Hold }) { Steps = share }),
        .. Of("prediction Taylor from 0.2", [2, 3, 4], every => new(Cache(new WholePrediction(), new Cadence { Every = (int)every, Start = 0.2 }, new Taylor()))),
        .. Of("prediction Taylor to 0.8", [2, 3, 4], every => new(Cache(new WholePrediction(), new Cadence { Every = (int)every, End = 0.8 }, new Taylor()))),
        .. Of("prediction Taylor, uneven around 0", [1.5, 2, 3, 4], every => new(Cache(new WholePrediction(), new Uneven { Every = every, Center = 0 }, new Taylor()))),
        .. Of("prediction Taylor, uneven around 0.3", [1.5, 2, 3, 4], every => new(Cache(new WholePrediction(), new Uneven { Every = every, Center = 0.3 }, new Taylor()))),
    ];

    private static IEnumerable<QualityCase> Of(string method, double[] settings, Func<double, AccelerationPolicy> policy) =>
        settings.Select(setting => new QualityCase(method, setting.ToString(CultureInfo.InvariantCulture), policy(setting)));

    private static Cache Cache(CachePlace where, int every, Forecast how) => Cache(where, new Cadence { Every = every }, how);

    private static Cache Cache(CachePlace where, CacheSchedule when, Forecast how) => new() { Where = where, When = when, How = how };
}
