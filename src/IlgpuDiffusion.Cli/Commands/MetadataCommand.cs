using System.CommandLine;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli;

/// <summary><c>metadata</c>: what a picture says of how it was made.</summary>
internal static class MetadataCommand
{
    public static Command Create(CliHost host)
    {
        Argument<string> path = new("picture") { Description = "A PNG file.", HelpName = "picture" };
        Command command = new("metadata", "Shows what a picture says of how it was made.") { path };
        command.SetAction(parsed => Show(parsed.GetRequiredValue(path), host));
        return command;
    }

    /// <summary>Whether a file is a picture, by its first bytes.</summary>
    public static bool IsPicture(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        byte[] start = new byte[4];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']);
    }

    /// <summary>Prints a picture's size and its description.</summary>
    public static int Show(string path, CliHost host)
    {
        PngPicture picture = PngReader.Read(path);
        MetadataSource source = PictureMetadata.Recognise(picture.Text);
        host.Output.WriteLine($"{path}: picture of {picture.Image.Width}x{picture.Image.Height} pixels{(source is MetadataSource.None or MetadataSource.Parameters ? string.Empty : $", made by {source}")}");
        foreach (PngText text in source == MetadataSource.Parameters ? picture.Text.Where(t => t.Keyword == ParametersText.Keyword) : picture.Text)
        {
            host.Output.WriteLine();
            host.Output.WriteLine(source == MetadataSource.Parameters ? text.Text : $"{text.Keyword}: {text.Text}");
        }

        if (source == MetadataSource.None)
        {
            host.Error.WriteLine($"error: '{path}' does not say how it was made.");
        }

        return source == MetadataSource.None ? ExitCodes.Failed : ExitCodes.Done;
    }
}
