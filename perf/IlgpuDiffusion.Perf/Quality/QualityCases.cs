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

/// <summary>Two methods alone and together.</summary>
internal sealed record QualityPair(QualityCase First, QualityCase Second, QualityCase Both);

/// <summary>The methods whose quality is held against their time.</summary>
internal static class QualityCases
{
    public const string FewerSteps = "fewer steps";

    /// <summary>What a budget chooses.</summary>
    public const string Auto = "auto";

    /// <summary>Two methods.</summary>
    public const string Together = "together";

    /// <summary>Single methods, each at several strengths; of large pictures, which take long, only some, and more of those that compute less attention.</summary>
    public static IReadOnlyList<QualityCase> Single(int size) => size > Usual ? Large : Small;

    private const int Usual = 256;

    private static readonly IReadOnlyList<QualityCase> Small =
    [
        .. Fewer(0.85, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15), .. Deep([2, 3, 5], [2, 3, 4]), .. Whole([2, 3], [2, 3, 4], [2, 3, 4]),
        .. Guided([2, 3], [0.8, 0.6], [0.8, 0.6, 0.4]), .. Gated(0.8, 0.6, 0.4), .. Attending([64], [2], [0.5, 0.75]),
    ];

    private static readonly IReadOnlyList<QualityCase> Large =
    [
        .. Fewer(0.85, 0.7, 0.6, 0.5, 0.35, 0.25, 0.2), .. Attending([64, 128], [2, 3], [0.5, 0.75]), .. Deep([2, 3], [2, 3]), .. Whole([2], [2, 3], [2, 3, 4]),
        .. Guided([2], [0.6], [0.6]), .. Gated(0.6),
    ];

    /// <summary>Single methods that are used together, two at a time.</summary>
    public static IReadOnlyList<QualityPair> Pairs(int size) => size > Usual ? [] :
    [
        Pair("deep features, Taylor 2", "guidance to 0.6"), Pair("deep features, Taylor 2", "guidance to, held 0.6"), Pair("deep features, Taylor 2", "fewer steps 0.6"),
        Pair("prediction, Taylor 2", "guidance to 0.6"), Pair("prediction, Taylor 2", "guidance to, held 0.6"), Pair("prediction, Taylor 2", "fewer steps 0.85"),
        Pair("DeepCache 2", "T-GATE 0.6"), Pair("DeepCache 2", "ToDo 2"), Pair("HyperTile 64", "ToDo 2"), Pair("fewer steps 0.6", "guidance to, held 0.6"),
    ];

    /// <summary>The budgets; presets are some of them.</summary>
    public static IReadOnlyList<AccelerationBudget> Budgets { get; } = [.. new[] { 1.25, 1.5, 2, 3, 4 }.Select(AccelerationBudget.Times)];

    private static QualityPair Pair(string first, string second)
    {
        (QualityCase a, QualityCase b) = (Small.Single(one => one.Name == first), Small.Single(one => one.Name == second));
        return new QualityPair(a, b, new QualityCase(Together, $"{first} + {second}", new([.. a.Policy.Techniques, .. b.Policy.Techniques]) { Steps = a.Policy.Steps * b.Policy.Steps }));
    }

    private static IEnumerable<QualityCase> Fewer(params double[] shares) => Of(FewerSteps, shares, share => new() { Steps = share });

    private static IEnumerable<QualityCase> Deep(double[] reused, double[] foreseen) =>
    [
        .. Of("DeepCache", reused, every => new(new DeepCache { Every = (int)every })),
        .. Of("deep features, Taylor", foreseen, every => new(Cache(new DeepFeatures(), (int)every, new Taylor()))),
    ];

    private static IEnumerable<QualityCase> Whole(double[] reused, double[] lines, double[] regressions) =>
    [
        .. Of("prediction, reuse", reused, every => new(Cache(new WholePrediction(), (int)every, new Reuse()))),
        .. Of("prediction, Taylor", lines, every => new(Cache(new WholePrediction(), (int)every, new Taylor()))),
        .. Of("prediction, Chebyshev", regressions, every => new(Cache(new WholePrediction(), (int)every, new Chebyshev()))),
    ];

    private static IEnumerable<QualityCase> Guided(double[] every, double[] heldFrom, double[] to) =>
    [
        .. Of("guidance held", every, n => new(new Guidance { Every = (int)n, After = GuidanceAfter.Hold })),
        .. Of("guidance to, held", heldFrom, end => new(new Guidance { End = end, After = GuidanceAfter.Hold })),
        .. Of("guidance to", to, end => new(new Guidance { End = end })),
    ];

    private static IEnumerable<QualityCase> Gated(params double[] gates) => Of("T-GATE", gates, gate => new(new TGate { Gate = gate }));

    private static IEnumerable<QualityCase> Attending(double[] tiles, double[] factors, double[] ratios) =>
    [
        .. Of("HyperTile", tiles, tile => new(new HyperTile { Tile = (int)tile })),
        .. Of("ToDo", factors, factor => new(new ToDo { Factors = [factor, factor] })),
        .. Of("ToMe", ratios, ratio => new(new ToMe { Ratio = ratio })),
    ];

    private static IEnumerable<QualityCase> Of(string method, double[] settings, Func<double, AccelerationPolicy> policy) =>
        settings.Select(setting => new QualityCase(method, setting.ToString(CultureInfo.InvariantCulture), policy(setting)));

    private static Cache Cache(CachePlace where, int every, Forecast how) => new() { Where = where, When = new Cadence { Every = every }, How = how };
}
