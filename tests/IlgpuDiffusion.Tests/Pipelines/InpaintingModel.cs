using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>The recorded inpainting network with the other parts of sd15, in a folder of links.</summary>
internal sealed class InpaintingModel : IDisposable
{
    public InpaintingModel()
    {
        foreach (string part in Directory.GetFileSystemEntries(Golden.Find("models/sd15")).Where(part => Path.GetFileName(part) != "unet"))
        {
            File.CreateSymbolicLink(Path.Combine(Folder, Path.GetFileName(part)), part);
        }

        File.CreateSymbolicLink(Path.Combine(Folder, "unet"), Golden.Find("models/sd15-inpaint/unet"));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("inpainting").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
