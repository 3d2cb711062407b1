using System.CommandLine;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Cli;

/// <summary><c>samplers</c>: every sampler and scheduler by all its names.</summary>
internal static class SamplersCommand
{
    public static Command Create(CliHost host)
    {
        Command command = new("samplers", "Lists samplers and schedulers, by all their names.");
        command.SetAction(_ =>
        {
            List<string[]> samplers = [["--sampler", "label", "other names", "eta", "scheduler 'automatic'"]];
            samplers.AddRange(SamplerCatalogue.Samplers.Select(entry => new[] { entry.Id, entry.Label, string.Join(", ", entry.Aliases), entry.HasEta ? "yes" : string.Empty, SamplerCatalogue.NameOf(entry.Automatic) }));
            TextTable.Write(host.Output, samplers, "lllll");
            host.Output.WriteLine();
            List<string[]> schedulers = [["--scheduler", "levels of noise"]];
            schedulers.AddRange(SamplerCatalogue.Schedules.Select(name => new[] { name, Meaning(name) }));
            TextTable.Write(host.Output, schedulers, "ll");
            host.Output.WriteLine();
            host.Output.WriteLine("A sampler may be followed by a scheduler: --sampler \"DPM++ 2M Karras\". Without one, levels are the model's own.");
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Meaning(string name) => name switch
    {
        "default" => "the model's own",
        "automatic" => "what stable-diffusion-webui takes for the sampler (above)",
        _ => SamplerCatalogue.ResolveSchedule(name) switch
        {
            SigmaSchedule.Uniform => "time steps evenly, as k-diffusion",
            SigmaSchedule.Karras => "the seventh root of sigma evenly (Karras et al. 2022)",
            SigmaSchedule.Exponential => "the logarithm of sigma evenly",
            SigmaSchedule.SgmUniform => "time steps evenly, without the last",
            SigmaSchedule.Simple => "training steps counted down",
            SigmaSchedule.DdimUniform => "every so many training steps from the second on",
            SigmaSchedule.KlOptimal => "the arctangent of sigma evenly",
            SigmaSchedule.Beta => "quantiles of a beta distribution",
            SigmaSchedule.Leading => "diffusers' timestep_spacing 'leading'",
            SigmaSchedule.Trailing => "diffusers' timestep_spacing 'trailing'",
            SigmaSchedule.Linspace => "diffusers' timestep_spacing 'linspace'",
            _ => "the logarithm of sigma evenly, as diffusers' use_lu_lambdas",
        },
    };
}
