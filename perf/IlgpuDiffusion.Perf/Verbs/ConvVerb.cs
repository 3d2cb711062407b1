using System.CommandLine;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>3×3 convolutions, the direct way against Winograd's.</summary>
internal static class ConvVerb
{
    public static Command Create()
    {
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<string?> only = new("--only") { Description = "Layers whose line has this text; nothing is written." };
        Command command = new("conv", "3×3 convolutions of real layers: the direct way against Winograd's.") { threads, only };
        command.SetAction(parsed => Run(parsed.GetValue(threads), parsed.GetValue(only)));
        return command;
    }

    private static void Run(int threads, string? only)
    {
        if (only is not null)
        {
            ConvTimings.Run(threads, only);
            return;
        }

        Machine machine = Machine.Read();
        TextWriter console = Console.Out;
        using StringWriter text = new();
        Console.SetOut(text);
        try
        {
            ConvTimings.Run(threads, only);
        }
        finally
        {
            Console.SetOut(console);
        }

        new Report("conv", "3×3 convolutions", machine).Say(text.ToString().TrimEnd()).Number("threads", threads).Number("text", text.ToString()).Save();
    }
}
