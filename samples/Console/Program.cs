// A prompt becomes a picture: dotnet run -- "a blue lake at sunset" lake.png [model folder]
using IlgpuDiffusion;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Papercut;

string prompt = args.ElementAtOrDefault(0) ?? "a blue lake at sunset";
string file = args.ElementAtOrDefault(1) ?? "picture.png";
string model = args.ElementAtOrDefault(2) ?? PapercutModel.Folder;

// Ctrl-C ends the picture, not the process: what is open is closed.
using CancellationTokenSource stop = new();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

try
{
    await using DiffusionPipeline pipeline = Open(model);
    Console.WriteLine($"{pipeline.ModelName} on {pipeline.DeviceName}");

    // What is not set is the model's own: size, steps, guidance, sampler.
    GenerationRequest request = new() { Prompt = prompt, Seed = 7, Width = 128, Height = 128, Steps = 12 };
    await foreach (GenerationEvent happened in pipeline.StreamAsync(request, stop.Token))
    {
        switch (happened)
        {
            case StepEvent step:
                Console.WriteLine($"step {step.Progress.Step} of {step.Progress.Steps}");
                break;
            case PictureEvent { Picture: var picture }:
                picture.Save(file);
                Console.WriteLine($"{file} (seed {picture.Seed})");
                break;
        }
    }

    return 0;
}
catch (DiffusionException e)
{
    // A request, a model's files or a device: the message says which, and what to do.
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

// With a GPU if there is one.
static DiffusionPipeline Open(string model)
{
    try
    {
        return DiffusionPipeline.Open(model, new PipelineOptions { Device = () => GpuDevice.Open(GpuKind.Cuda) });
    }
    catch (GpuNotFoundException)
    {
        return DiffusionPipeline.Open(model);
    }
}
