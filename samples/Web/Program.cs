// Pictures over HTTP: dotnet run, then http://localhost:5000/paint?prompt=a+blue+lake+at+sunset
using System.Runtime.CompilerServices;
using IlgpuDiffusion;
using IlgpuDiffusion.Papercut;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddIlgpuDiffusion(options =>
{
    options.Model = builder.Configuration["Model"] ?? PapercutModel.Folder;
    options.LoadAtStart = true;
});
builder.Services.AddHealthChecks().AddIlgpuDiffusion();

WebApplication app = builder.Build();
app.MapHealthChecks("/health");

// Requests queue on the pipeline's device; one whose client goes away is cancelled.
app.MapGet("/paint", async (string prompt, ulong? seed, IDiffusionPipeline pipeline, CancellationToken cancellationToken) =>
{
    try
    {
        GenerationResult result = await pipeline.GenerateAsync(Ask(prompt, seed), cancellationToken: cancellationToken);
        return Results.Bytes(result.Images[0].ToPng(), "image/png");
    }
    catch (RequestException e)
    {
        return Results.ValidationProblem(new Dictionary<string, string[]> { [e.Setting ?? "request"] = [e.Message] });
    }
});

// The same as server-sent events: its place in the queue, its steps, and the picture as a data URL.
app.MapGet("/watch", (string prompt, ulong? seed, IDiffusionPipeline pipeline, CancellationToken cancellationToken) =>
    TypedResults.ServerSentEvents(Watch(pipeline, Ask(prompt, seed), cancellationToken)));

app.Run();

static GenerationRequest Ask(string prompt, ulong? seed) => new() { Prompt = prompt, Seed = seed, Width = 128, Height = 128, Steps = 12 };

static async IAsyncEnumerable<string> Watch(IDiffusionPipeline pipeline, GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
{
    await foreach (GenerationEvent happened in pipeline.StreamAsync(request, cancellationToken))
    {
        switch (happened)
        {
            case QueuedEvent queued:
                yield return $"{queued.Ahead} before this one";
                break;
            case StepEvent step:
                yield return $"step {step.Progress.Step} of {step.Progress.Steps}";
                break;
            case PictureEvent picture:
                yield return $"data:image/png;base64,{Convert.ToBase64String(picture.Picture.ToPng())}";
                break;
        }
    }
}
