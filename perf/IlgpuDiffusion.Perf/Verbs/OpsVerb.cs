using System.CommandLine;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Attention and the light ops at real sizes.</summary>
internal static class OpsVerb
{
    public static Command Create()
    {
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Command command = new("ops", "Attention against the FMA peak of the machine, and the light ops, at real sizes.") { threads };
        command.SetAction(parsed => Run(parsed.GetValue(threads)));
        return command;
    }

    private static void Run(int threads)
    {
        Machine machine = Machine.Read();
        TextWriter console = Console.Out;
        using StringWriter text = new();
        Console.SetOut(text);
        try
        {
            OpTimings.Run(threads);
        }
        finally
        {
            Console.SetOut(console);
        }

        new Report("ops", "Attention and light ops", machine).Say(text.ToString().TrimEnd()).Number("threads", threads).Number("text", text.ToString()).Save();
    }
}
