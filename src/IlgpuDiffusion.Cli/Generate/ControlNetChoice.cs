using System.CommandLine;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli;

/// <summary>The ControlNets that a command line asks for.</summary>
internal static class ControlNetChoice
{
    /// <param name="parsed">The command line.</param>
    /// <param name="options">Its options.</param>
    /// <param name="repeated">What a picture to repeat says, whose settings hold where the command line has none; or null.</param>
    /// <exception cref="UsageException">Their numbers do not fit each other.</exception>
    public static IReadOnlyList<ControlNet> Of(ParseResult parsed, GenerateOptions options, GenerationMetadata? repeated)
    {
        string[] networks = parsed.GetValue(options.ControlNet) ?? [], images = parsed.GetValue(options.ControlImage) ?? [];
        if (networks.Length != images.Length)
        {
            throw new UsageException(networks.Length == 0
                ? "--control-image needs a ControlNet that follows it: give it with --controlnet."
                : $"{networks.Length} --controlnet and {images.Length} --control-image are given; each ControlNet needs one picture.");
        }

        double?[] strengths = Each(options.ControlStrength), starts = Each(options.ControlStart), ends = Each(options.ControlEnd);
        return [.. networks.Select((path, i) =>
        {
            ControlNetMetadata? before = repeated?.ControlNets.ElementAtOrDefault(i);
            ControlNet control = new(path, PictureFile.Read(images[i]).Flatten());
            return control with { Strength = strengths[i] ?? before?.Strength ?? control.Strength, Start = starts[i] ?? before?.Start ?? control.Start, End = ends[i] ?? before?.End ?? control.End };
        })];

        double?[] Each(Option<double[]> option)
        {
            double[] given = parsed.GetValue(option) ?? [];
            return given.Length switch
            {
                0 => new double?[networks.Length],
                _ when networks.Length == 0 => throw new UsageException($"{option.Name} needs a ControlNet: give it with --controlnet."),
                1 => [.. Enumerable.Repeat((double?)given[0], networks.Length)],
                int count when count == networks.Length => [.. given],
                int count => throw new UsageException($"{option.Name} is given {count} times for {networks.Length} ControlNets: give it once for all, or once for each."),
            };
        }
    }
}
