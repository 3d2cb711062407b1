using System.CommandLine;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Matrix products against the machine's FMA peak.</summary>
internal static class GemmVerb
{
    public static Command Create()
    {
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<string?> only = new("--only") { Description = "Products whose name and type contain this." };
        Command command = new("gemm", "Matrix products of real layers against the machine's FMA peak.") { threads, only };
        command.SetAction(parsed => Run(parsed.GetValue(threads), parsed.GetValue(only)));
        return command;
    }

    private static void Run(int threads, string? only)
    {
        Machine machine = Machine.Read();
        TextWriter console = Console.Out;
        using StringWriter text = new();
        Console.SetOut(text);
        try
        {
            GemmTimings.Run(threads, only);
        }
        finally
        {
            Console.SetOut(console);
        }

        new Report("gemm", "Matrix products", machine).Say(text.ToString().TrimEnd()).Number("threads", threads).Number("text", text.ToString()).Save();
    }
}
