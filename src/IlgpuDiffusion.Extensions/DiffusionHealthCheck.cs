using IlgpuDiffusion.Graphs;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace IlgpuDiffusion.Extensions;

/// <summary>Whether the pipeline can paint: the model opened, and its device was not lost.</summary>
/// <param name="open">Gives the pipeline; what it throws is told as the failure.</param>
internal sealed class DiffusionHealthCheck(Func<IDiffusionPipeline> open) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        IDiffusionPipeline pipeline = open();
        Dictionary<string, object> data = new() { ["model"] = pipeline.ModelName, ["device"] = pipeline.DeviceName, ["pending"] = pipeline.Pending };
        DeviceLostException? lost = (pipeline as ObservedPipeline)?.Lost;
        return Task.FromResult(lost is null
            ? HealthCheckResult.Healthy($"{pipeline.ModelName} on {pipeline.DeviceName}", data)
            : new HealthCheckResult(context.Registration.FailureStatus, lost.Message, lost, data));
    }
}
