using System.Diagnostics.Metrics;
using IlgpuDiffusion.Graphs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace IlgpuDiffusion.Extensions.Tests;

/// <summary>What is logged and measured of requests.</summary>
[TestClass]
public sealed class ObservedPipelineTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<DiffusionMeter>().BuildServiceProvider();
    private readonly FakePipeline _inner = new();
    private readonly FakeLogger _logger = new();
    private readonly ObservedPipeline _pipeline;
    private readonly MetricCollector<double> _durations;
    private readonly MetricCollector<double> _phases;
    private readonly MetricCollector<long> _pictures;
    private readonly MetricCollector<long> _active;

    public ObservedPipelineTests()
    {
        _pipeline = new ObservedPipeline(_inner, _logger, _services.GetRequiredService<DiffusionMeter>());
        IMeterFactory factory = _services.GetRequiredService<IMeterFactory>();
        (_durations, _phases) = (new(factory, DiffusionMeter.Name, "ilgpu_diffusion.request.duration"), new(factory, DiffusionMeter.Name, "ilgpu_diffusion.phase.duration"));
        (_pictures, _active) = (new(factory, DiffusionMeter.Name, "ilgpu_diffusion.pictures"), new(factory, DiffusionMeter.Name, "ilgpu_diffusion.request.active"));
    }

    public void Dispose() => _services.Dispose();

    [TestMethod]
    public async Task PicturesAreCountedTimedAndTold()
    {
        await _pipeline.GenerateAsync(new GenerationRequest { Prompt = "a secret", BatchCount = 3 });
        CollectionAssert.AreEqual(new[] { 3L }, _pictures.GetMeasurementSnapshot().Select(m => m.Value).ToArray());
        Assert.AreEqual("fake", _durations.LastMeasurement!.Tags["model"]);
        Assert.IsFalse(_durations.LastMeasurement.Tags.ContainsKey("error.type"));
        CollectionAssert.AreEqual(new[] { ("text", 1d), ("denoising", 2d), ("decoding", 3d) }, _phases.GetMeasurementSnapshot().Select(m => ((string)m.Tags["phase"]!, m.Value)).ToArray());
        Assert.AreEqual(0, _active.GetMeasurementSnapshot().Sum(m => m.Value));
        Assert.Contains("Painted 3 picture(s) with fake", _logger.LatestRecord.Message);
        Assert.IsTrue(_logger.Collector.GetSnapshot().All(r => !r.Message.Contains("secret", StringComparison.Ordinal)), "prompts are not logged");
    }

    [TestMethod]
    public async Task AStreamIsMeasuredToItsEnd()
    {
        await foreach (GenerationEvent _ in _pipeline.StreamAsync(new GenerationRequest { BatchCount = 2 }))
        {
        }

        Assert.AreEqual(2, _pictures.GetMeasurementSnapshot().Sum(m => m.Value));
        Assert.Contains("Painted 2", _logger.LatestRecord.Message);
    }

    [TestMethod]
    public async Task ALeftStreamIsCancelled()
    {
        await foreach (GenerationEvent _ in _pipeline.StreamAsync(new GenerationRequest()))
        {
            break;
        }

        Assert.AreEqual(typeof(OperationCanceledException).FullName, _durations.LastMeasurement!.Tags["error.type"]);
        Assert.Contains("cancelled", _logger.LatestRecord.Message);
        Assert.AreEqual(0, _active.GetMeasurementSnapshot().Sum(m => m.Value));
    }

    [TestMethod]
    public async Task ARefusalNamesTheSetting()
    {
        _inner.Fails = new RequestException(nameof(GenerationRequest.Width), "width must be a multiple of 8");
        await Assert.ThrowsExactlyAsync<RequestException>(() => _pipeline.GenerateAsync(new GenerationRequest()));
        Assert.AreEqual(LogLevel.Warning, _logger.LatestRecord.Level);
        Assert.Contains("Width", _logger.LatestRecord.Message);
    }

    [TestMethod]
    public async Task ALostDeviceIsUnhealthy()
    {
        DiffusionHealthCheck check = new(() => _pipeline);
        HealthCheckContext context = new() { Registration = new("diffusion", check, HealthStatus.Degraded, null) };
        Assert.AreEqual(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        _inner.Fails = new DeviceLostException("the driver was reset");
        await Assert.ThrowsExactlyAsync<DeviceLostException>(() => _pipeline.GenerateAsync(new GenerationRequest()));
        Assert.AreEqual(LogLevel.Error, _logger.LatestRecord.Level);
        HealthCheckResult result = await check.CheckHealthAsync(context);
        Assert.AreEqual(HealthStatus.Degraded, result.Status);
        Assert.AreEqual("the driver was reset", result.Description);
    }
}
