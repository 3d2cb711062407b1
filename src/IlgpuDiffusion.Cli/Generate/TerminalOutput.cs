using System.Text;
using Spectre.Console;

namespace IlgpuDiffusion.Cli;

/// <summary>The terminal that a person watches, behind a writer of ours, of which Spectre.Console cannot tell that it is one.</summary>
internal sealed class TerminalOutput(TextWriter writer) : IAnsiConsoleOutput
{
    private const int UsualWidth = 80;
    private const int UsualHeight = 24;

    public TextWriter Writer => writer;

    public bool IsTerminal => true;

    public int Width => Size(() => Console.WindowWidth, UsualWidth);

    public int Height => Size(() => Console.WindowHeight, UsualHeight);

    public void SetEncoding(Encoding encoding)
    {
        // The writer has one.
    }

    private static int Size(Func<int> read, int usual)
    {
        try
        {
            int size = read();
            return size > 0 ? size : usual;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException or ArgumentException)
        {
            return usual;
        }
    }
}
