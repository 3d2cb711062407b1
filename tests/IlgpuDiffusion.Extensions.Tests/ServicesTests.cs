using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace IlgpuDiffusion.Extensions.Tests;

/// <summary>The services that an application gets, with the model that ships.</summary>
[TestClass]
public sealed class ServicesTests
{
    private static readonly GenerationRequest Small = new() { Prompt = "a red house", Width = 64, Height = 64, Steps = 2, CfgScale = 4, Seed = 7 };

    [TestMethod]
    public async Task AHostPaintsAndClosesItsPipeline()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddIlgpuDiffusion(options =>
        {
            options.Model = PapercutModel.Folder;
            options.LoadAtStart = true;
            options.Pipeline = new PipelineOptions { Threads = 1 };
        });
        builder.Services.AddHealthChecks().AddIlgpuDiffusion();
        IHost host = builder.Build();
        await host.StartAsync();
        IDiffusionPipeline pipeline = host.Services.GetRequiredService<IDiffusionPipeline>();
        GenerationResult result = await pipeline.GenerateAsync(Small);
        Assert.IsTrue(result.Images[0].Image.Pixels.Distinct().Count() > 32, "a picture has many values");

        // The same seed through the other interface gives the same picture.
        ImageGenerationOptions options = new() { ImageSize = new(64, 64), AdditionalProperties = new() { [ImageProperties.Seed] = 7, [ImageProperties.Steps] = "2", [ImageProperties.CfgScale] = 4 } };
        ImageGenerationResponse response = await host.Services.GetRequiredService<IImageGenerator>().GenerateImagesAsync(Small.Prompt, options);
        CollectionAssert.AreEqual(result.Images[0].Image.Pixels, Image.FromPng(((DataContent)response.Contents[0]).Data).Pixels);

        HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.AreEqual(HealthStatus.Healthy, report.Status);
        Assert.AreEqual("papercut", report.Entries["ilgpu-diffusion"].Data["model"]);
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => pipeline.GenerateAsync(Small));
    }

    [TestMethod]
    public void AModelThatIsNotGivenIsAskedFor()
    {
        using ServiceProvider services = new ServiceCollection().AddIlgpuDiffusion().BuildServiceProvider();
        Assert.Contains("PapercutModel.Folder", Assert.ThrowsExactly<OptionsValidationException>(() => services.GetRequiredService<IDiffusionPipeline>()).Message);
    }

    [TestMethod]
    public async Task AModelThatDoesNotOpenIsUnhealthy()
    {
        ServiceCollection collection = new();
        collection.AddIlgpuDiffusion(options => options.Model = "no such folder");
        collection.AddHealthChecks().AddIlgpuDiffusion();
        await using ServiceProvider services = collection.BuildServiceProvider();
        HealthReport report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.AreEqual(HealthStatus.Unhealthy, report.Status);
        Assert.Contains("no such folder", report.Entries["ilgpu-diffusion"].Exception!.Message);
    }

    [TestMethod]
    public void WhatTestsRegisterStays()
    {
        using FakePipeline fake = new();
        using ServiceProvider services = new ServiceCollection().AddSingleton<IDiffusionPipeline>(fake).AddIlgpuDiffusion().BuildServiceProvider();
        Assert.AreSame(fake, services.GetRequiredService<IDiffusionPipeline>());
        Assert.AreSame(fake, services.GetRequiredService<IImageGenerator>().GetService<IDiffusionPipeline>());
    }
}
