namespace IlgpuDiffusion.Extensions;

/// <summary>Which model an application paints with, and how it is opened.</summary>
public sealed class IlgpuDiffusionOptions
{
    /// <summary>The model's folder, in the layout of diffusers; of the package IlgpuDiffusion.Papercut it is <c>PapercutModel.Folder</c>.</summary>
    public string? Model { get; set; }

    /// <summary>How the pipeline is opened: device, threads, memory.</summary>
    public PipelineOptions Pipeline { get; set; } = new();

    /// <summary>Whether the host reads the weights as it starts, and does not start without them. Otherwise the first request does.</summary>
    public bool LoadAtStart { get; set; }
}
