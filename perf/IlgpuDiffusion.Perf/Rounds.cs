using System.CommandLine;

namespace IlgpuDiffusion.Perf;

/// <summary>Rounds of evaluations in turns.</summary>
internal static class Rounds
{
    /// <summary>Whether to wait in front of the rounds that count.</summary>
    public static Option<bool> Pause() => new("--pause") { Description = "Waits for a line on the standard input after the round that is not measured: time to make the machine quiet." };

    /// <summary>Waits, if it is time to.</summary>
    public static void Paused(bool wait)
    {
        if (wait)
        {
            Console.WriteLine("ready; continues with a line");
            _ = Console.ReadLine();
        }
    }
}
