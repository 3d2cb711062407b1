using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace IlgpuDiffusion.Extensions;

/// <summary>Reads the weights as the host starts, where that is asked for.</summary>
internal sealed class LoadingService(IServiceProvider services, IOptions<IlgpuDiffusionOptions> options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        options.Value.LoadAtStart ? services.GetRequiredService<IDiffusionPipeline>().PrepareAsync(cancellationToken: cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
