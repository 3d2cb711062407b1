using System.Collections.Concurrent;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>What is known of ways of computing less of a model: what was calibrated and kept, and what ships.</summary>
/// <param name="parts">The model.</param>
/// <param name="cache">Where calibrations are kept.</param>
internal sealed class KnownFrontiers(ModelParts parts, Func<UserCache> cache)
{
    private const string Kind = "calibration";

    // One of other adapters is further away than other steps and sizes, and nearer than another sampler.
    private const double OtherAdapters = 20;

    private readonly ModelFingerprint _fingerprint = new(parts);
    private readonly ConcurrentDictionary<(string Model, CalibrationConditions Asked), Frontier> _nearest = new();

    private enum Subject
    {
        Model,
        WithoutAdapters,
        Shipped,
    }

    // Where nothing was measured of any model, no model's weights are looked at but those of one that is as large as what ships.
    private bool MayShip => parts.NetworkWeights.Tensors.Sum(tensor => tensor.Bytes) == Frontier.OfUNets.NetworkBytes;

    /// <summary>What serves a request: what was measured of this model with its adapters; else of the model alone; else what ships for its family; of several the one whose conditions are nearest, first of all its sampler.</summary>
    public Frontier For(ResolvedRequest request) =>
        cache().Holds(Kind) || MayShip ? _nearest.GetOrAdd((_fingerprint.Of(request.Adapters), request.Conditions(parts)), Nearest) : parts.Family.Uncalibrated;

    /// <summary>Keeps what was measured with a request's model and adapters, in the place of an earlier one with the same conditions.</summary>
    /// <param name="adapters">The adapters.</param>
    /// <param name="frontier">What was measured.</param>
    /// <param name="replace">Whether an earlier one gives way; else it stays.</param>
    /// <exception cref="IOException">It could not be kept.</exception>
    public void Keep(AdapterSet adapters, Frontier frontier, bool replace)
    {
        UserCache own = cache();
        if (!own.Update(Kind, KeyOf(_fingerprint.Of(adapters)), With, FrontierJson.Default.Calibrations))
        {
            throw own.NotKept("The calibration is lost, since it could not be kept");
        }

        _nearest.Clear();

        Calibrations? With(Calibrations? kept) =>
            kept is null ? new Calibrations([frontier]) : replace || kept.All.All(other => other.Conditions != frontier.Conditions) ? kept.With(frontier) : null;
    }

    private Frontier Nearest((string Model, CalibrationConditions Asked) key)
    {
        string plain = _fingerprint.Of(AdapterSet.None);
        List<(Subject Subject, Frontier Frontier)> known = [.. Kept(key.Model).Select(own => (Subject.Model, own))];
        if (key.Model != plain)
        {
            known.AddRange(Kept(plain).Select(alone => (Subject.WithoutAdapters, alone)));
        }

        known.AddRange(Frontier.OfPapercut.Where(shipped => shipped.Fingerprint == plain).Select(shipped => (Subject.Shipped, shipped)));

        // What ships may be of this very model, and rest on more pictures than a short calibration.
        double Far(Subject subject) => subject == Subject.Model || (subject == Subject.Shipped && key.Model == plain) ? 0 : OtherAdapters;
        return known.OrderBy(one => one.Frontier.Conditions!.Far(key.Asked) + Far(one.Subject)).ThenByDescending(one => one.Frontier.Pictures).Select(one => Told(one.Subject, one.Frontier, key.Asked)).FirstOrDefault(parts.Family.Uncalibrated);
    }

    // With what is to be said of it.
    private static Frontier Told(Subject subject, Frontier frontier, CalibrationConditions asked)
    {
        CalibrationConditions own = frontier.Conditions!;
        (string model, string hint) = subject switch
        {
            Subject.Model => ("this model", ""),
            Subject.WithoutAdapters => ("this model without its adapters", "; 'calibrate' with them measures it"),
            _ => ("papercut as it ships", "; 'calibrate' measures other settings"),
        };
        return !own.IsLike(asked) ? frontier with { Source = $"{model} and {own.SamplerText}", NotWith = asked.Unlike(own) }
            : frontier with { IsCalibrated = subject == Subject.Model, MeasuredWith = model + (own == asked ? "" : $" {own.TextFor(asked)}{hint}") };
    }

    private IReadOnlyList<Frontier> Kept(string fingerprint) => cache().Read(Kind, KeyOf(fingerprint), () => FrontierJson.Default.Calibrations)?.All ?? [];

    private static string KeyOf(string fingerprint) => $"{fingerprint} {UserCache.Version}";
}
