using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace IlgpuDiffusion.Extensions;

/// <summary>One request as it is logged and measured; left without a word it was cancelled.</summary>
internal sealed class RequestObservation : IDisposable
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly string _model;
    private readonly ILogger _logger;
    private readonly DiffusionMeter _meter;
    private readonly KeyValuePair<string, object?> _tag;
    private Exception? _failure;
    private GenerationTimes _times;
    private int _pictures;
    private bool _done;

    public RequestObservation(string model, ILogger logger, DiffusionMeter meter)
    {
        (_model, _logger, _meter, _tag) = (model, logger, meter, new KeyValuePair<string, object?>("model", model));
        meter.Active.Add(1, _tag);
    }

    public void Painted(int count, GenerationTimes times)
    {
        _pictures += count;
        _times = new GenerationTimes(_times.Text + times.Text, _times.Denoising + times.Denoising, _times.Decoding + times.Decoding);
        _meter.Pictures.Add(count, _tag);
    }

    public void Done() => _done = true;

    public void Failed(Exception e) => _failure = e;

    public void Dispose()
    {
        double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        _meter.Active.Add(-1, _tag);
        if (_done)
        {
            _meter.Duration.Record(seconds, _tag);
            Phase("text", _times.Text);
            Phase("denoising", _times.Denoising);
            Phase("decoding", _times.Decoding);
            _logger.Painted(_pictures, _model, seconds, _times.Text.TotalSeconds, _times.Denoising.TotalSeconds, _times.Decoding.TotalSeconds);
            return;
        }

        _meter.Duration.Record(seconds, _tag, new("error.type", (_failure?.GetType() ?? typeof(OperationCanceledException)).FullName));
        switch (_failure)
        {
            case null or OperationCanceledException:
                _logger.Cancelled(_model, seconds);
                break;
            case RequestException refused:
                _logger.Refused(_model, refused.Setting, refused.Message);
                break;
            default:
                _logger.Failed(_model, seconds, _failure);
                break;
        }
    }

    private void Phase(string name, TimeSpan time) => _meter.Phase.Record(time.TotalSeconds, _tag, new("phase", name));
}
