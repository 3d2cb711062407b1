namespace IlgpuDiffusion;

/// <summary>What a program asks of a <see cref="DiffusionPipeline"/> that is there: to depend on, so that tests can put something else in its place.</summary>
/// <example>
/// <code>
/// sealed class Painter(IDiffusionPipeline pipeline)
/// {
///     public async Task&lt;byte[]&gt; PaintAsync(string prompt, CancellationToken cancellationToken)
///     {
///         GenerationResult result = await pipeline.GenerateAsync(new GenerationRequest { Prompt = prompt }, cancellationToken: cancellationToken);
///         return result.Images[0].ToPng();
///     }
/// }
/// </code>
/// </example>
public interface IDiffusionPipeline : IDisposable, IAsyncDisposable
{
    /// <summary>The model's name: its folder's.</summary>
    string ModelName { get; }

    /// <summary>The device that it runs on.</summary>
    string DeviceName { get; }

    /// <summary>What a request that says nothing gets.</summary>
    FamilyDefaults Defaults { get; }

    /// <summary>How many requests wait or run on its device, those of other pipelines there included.</summary>
    int Pending { get; }

    /// <summary>Prepares the weights of the model, so that the first request finds them ready.</summary>
    /// <param name="progress">Is told of components that are ready.</param>
    /// <param name="cancellationToken">Gives it up; the pipeline stays usable.</param>
    /// <exception cref="DiffusionException">The model's files are damaged, or the device has too little memory.</exception>
    Task PrepareAsync(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Makes the pictures of a request.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="progress">Is told of steps that are done.</param>
    /// <param name="cancellationToken">Cancels the request, waiting or running; the pipeline stays usable.</param>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model; nothing was run.</exception>
    /// <exception cref="DiffusionException">The device has too little memory, or the model's files are damaged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the pipeline was disposed of before the request was done.</exception>
    Task<GenerationResult> GenerateAsync(GenerationRequest request, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Makes the pictures of a request and tells what happens on the way. Leaving the loop cancels the request.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="cancellationToken">Cancels the request, waiting or running.</param>
    /// <exception cref="RequestException">A setting is out of range or does not fit the model; nothing was run.</exception>
    IAsyncEnumerable<GenerationEvent> StreamAsync(GenerationRequest request, CancellationToken cancellationToken = default);
}
