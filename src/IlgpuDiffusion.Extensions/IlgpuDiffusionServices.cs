using IlgpuDiffusion;
using IlgpuDiffusion.Extensions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers pipelines with applications.</summary>
public static class IlgpuDiffusionServices
{
    /// <summary>
    /// Adds <see cref="IDiffusionPipeline"/> and <see cref="IImageGenerator"/> over one model, opened when it is first asked for and closed with the application.
    /// Requests are logged and measured (<see cref="DiffusionMeter"/>). What is registered already stays.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Says which model.</param>
    /// <example>
    /// <code>
    /// builder.Services.AddIlgpuDiffusion(options => options.Model = "stable-diffusion-v1-5");
    /// builder.Services.AddHealthChecks().AddIlgpuDiffusion();
    /// app.MapGet("/paint", async (string prompt, IDiffusionPipeline pipeline, CancellationToken cancellationToken) =>
    ///     Results.Bytes((await pipeline.GenerateAsync(new GenerationRequest { Prompt = prompt }, cancellationToken: cancellationToken)).Images[0].ToPng(), "image/png"));
    /// </code>
    /// </example>
    public static IServiceCollection AddIlgpuDiffusion(this IServiceCollection services, Action<IlgpuDiffusionOptions> configure) => services.Configure(configure).AddIlgpuDiffusion();

    /// <summary>The same with options that are configured elsewhere, as by <c>services.Configure&lt;IlgpuDiffusionOptions&gt;(configuration.GetSection("Diffusion"))</c>.</summary>
    /// <param name="services">The application's services.</param>
    public static IServiceCollection AddIlgpuDiffusion(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.AddMetrics();
        services.AddOptions<IlgpuDiffusionOptions>()
            .Validate(options => !string.IsNullOrWhiteSpace(options.Model), "No model is given: set IlgpuDiffusionOptions.Model to a folder in the layout of diffusers, or to PapercutModel.Folder of the package IlgpuDiffusion.Papercut.");
        services.TryAddSingleton<DiffusionMeter>();
        services.TryAddSingleton<IDiffusionPipeline>(Open);
        services.TryAddSingleton<IImageGenerator>(provider => new DiffusionImageGenerator(provider.GetRequiredService<IDiffusionPipeline>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LoadingService>());
        return services;
    }

    /// <summary>Adds a check of the pipeline that <see cref="AddIlgpuDiffusion(IServiceCollection, Action{IlgpuDiffusionOptions})"/> registers: it fails where the model does not open and where the device was lost.</summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What a failure is told as; null for unhealthy.</param>
    /// <param name="tags">Tags to choose checks by.</param>
    public static IHealthChecksBuilder AddIlgpuDiffusion(this IHealthChecksBuilder builder, string name = "ilgpu-diffusion", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, provider => new DiffusionHealthCheck(provider.GetRequiredService<IDiffusionPipeline>), failureStatus, tags));
    }

    private static ObservedPipeline Open(IServiceProvider provider)
    {
        IlgpuDiffusionOptions options = provider.GetRequiredService<IOptions<IlgpuDiffusionOptions>>().Value;
        return new ObservedPipeline(
            DiffusionPipeline.Open(options.Model!, options.Pipeline),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("IlgpuDiffusion"),
            provider.GetRequiredService<DiffusionMeter>());
    }
}
