using System.Runtime.CompilerServices;
using IlgpuDiffusion.Graphs;
using Microsoft.Extensions.Logging;

namespace IlgpuDiffusion.Extensions;

/// <summary>A pipeline whose requests are logged and measured.</summary>
internal sealed class ObservedPipeline : IDiffusionPipeline
{
    private readonly IDiffusionPipeline _inner;
    private readonly ILogger _logger;
    private readonly DiffusionMeter _meter;

    public ObservedPipeline(IDiffusionPipeline inner, ILogger logger, DiffusionMeter meter)
    {
        (_inner, _logger, _meter) = (inner, logger, meter);
        logger.Opened(inner.ModelName, inner.DeviceName);
    }

    public string ModelName => _inner.ModelName;

    public string DeviceName => _inner.DeviceName;

    public FamilyDefaults Defaults => _inner.Defaults;

    public int Pending => _inner.Pending;

    /// <summary>The device's end, or null while it works.</summary>
    public DeviceLostException? Lost { get; private set; }

    public async Task PrepareAsync(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        await _inner.PrepareAsync(progress, cancellationToken).ConfigureAwait(false);
        _logger.Loaded(ModelName);
    }

    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using RequestObservation seen = new(ModelName, _logger, _meter);
        try
        {
            GenerationResult result = await _inner.GenerateAsync(request, progress, cancellationToken).ConfigureAwait(false);
            seen.Painted(result.Images.Count, result.Times);
            seen.Done();
            return result;
        }
        catch (Exception e)
        {
            Failed(seen, e);
            throw;
        }
    }

    public async IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using RequestObservation seen = new(ModelName, _logger, _meter);
        await using IAsyncEnumerator<GenerationEvent> events = _inner.StreamAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await events.MoveNextAsync().ConfigureAwait(false))
                {
                    break;
                }
            }
            catch (Exception e)
            {
                Failed(seen, e);
                throw;
            }

            if (events.Current is PictureEvent picture)
            {
                seen.Painted(1, picture.Times);
            }

            yield return events.Current;
        }

        seen.Done();
    }

    public void Dispose() => _inner.Dispose();

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private void Failed(RequestObservation seen, Exception e)
    {
        Lost = e as DeviceLostException ?? Lost;
        seen.Failed(e);
    }
}
