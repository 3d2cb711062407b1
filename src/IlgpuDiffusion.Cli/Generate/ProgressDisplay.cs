using Spectre.Console;

namespace IlgpuDiffusion.Cli;

/// <summary>A bar with the time of a step and the time left on a terminal; nothing elsewhere.</summary>
internal sealed class ProgressDisplay : IProgress<GenerationProgress>, IProgress<LoadProgress>, IProgress<CalibrationProgress>
{
    // Columns that the texts, and they with the bar, need.
    private const int Narrow = 40;
    private const int Usual = 80;

    private readonly CliHost _host;
    private readonly IAnsiConsole? _console;
    private readonly ProgressContext? _context;
    private readonly ProgressText _text;
    private readonly StepClock _clock = new();
    private readonly bool _isNarrow;
    private ProgressTask? _task;
    private string _title = string.Empty;

    private ProgressDisplay(CliHost host, IAnsiConsole? console, ProgressContext? context, ProgressText text, bool isNarrow = false) =>
        (_host, _console, _context, _text, _isNarrow) = (host, console, context, text, isNarrow);

    public static async Task RunAsync(CliHost host, Func<ProgressDisplay, Task> work)
    {
        ProgressText text = new();
        if (!host.ShowsProgress)
        {
            await work(new ProgressDisplay(host, null, null, text)).ConfigureAwait(false);
            return;
        }

        TerminalOutput output = new(host.Error);
        bool isDumb = Environment.GetEnvironmentVariable("TERM") is "dumb";
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Ansi = isDumb ? AnsiSupport.No : AnsiSupport.Yes });

        // What says how far it is stays, however narrow the terminal.
        ProgressColumn[] columns = output.Width switch
        {
            < Narrow => [text],
            < Usual => [new TaskDescriptionColumn(), text],
            _ => [new TaskDescriptionColumn(), new ProgressBarColumn(), text],
        };
        await console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(columns)
            .StartAsync(context => work(new ProgressDisplay(host, console, context, text, output.Width < Narrow))).ConfigureAwait(false);
    }

    /// <summary>Starts a new bar, without an end until the first step is reported.</summary>
    public void Begin(string title)
    {
        if (_context is null)
        {
            return;
        }

        Finish();
        _clock.Restart();
        _title = title;
        _task = _context.AddTask(Markup.Escape(title), maxValue: 1).IsIndeterminate();
    }

    public void Report(GenerationProgress value)
    {
        _clock.Add(value);
        _text.Shown = _isNarrow ? _clock.ToShortString() : _clock.ToString();
        if (_task is { } task)
        {
            // A finished task is hidden; decoding the picture still follows the last step, so the bar stays a little short.
            task.IsIndeterminate(false);
            task.MaxValue = value.Steps + 0.01;
            task.Value = value.Step;
        }
    }

    public void Report(LoadProgress value)
    {
        if (_task is not { } task)
        {
            return;
        }

        // The bar is the weights' while they are copied, and the picture's again when they are there.
        bool copies = value.Bytes < value.TotalBytes;
        _text.Shown = copies ? LoadText(value) : string.Empty;
        task.Description = Markup.Escape(copies ? $"copying the {value.Component}" : _title);
        task.IsIndeterminate(!copies);
        task.MaxValue = copies ? value.TotalBytes : 1;
        task.Value = copies ? value.Bytes : 0;
    }

    public void Report(CalibrationProgress value)
    {
        _text.Shown = $"{value.Done}/{value.Count} {value.What}{(value.Left is { } left ? $"  {StepClock.Text(left)} left" : "")}";
        if (_task is { } task)
        {
            task.IsIndeterminate(value.Count == 0);
            task.MaxValue = Math.Max(1, value.Count) + 0.01;
            task.Value = value.Done;
        }
    }

    internal static string LoadText(LoadProgress value) => $"{Units.Bytes(value.Bytes)} of {Units.Bytes(value.TotalBytes)}";

    /// <summary>Prints a line of the result, above the bar where there is one.</summary>
    public void Print(string line)
    {
        if (_console is null || !_host.OutputIsTerminal)
        {
            _host.Output.WriteLine(line);
            _host.Output.Flush();
        }
        else
        {
            _console.WriteLine(line);
        }
    }

    /// <summary>Prints a line for the user, above the bar where there is one.</summary>
    public void Warn(string line)
    {
        if (_console is null)
        {
            _host.Error.WriteLine(line);
        }
        else
        {
            _console.WriteLine(line);
        }
    }

    private void Finish()
    {
        if (_task is { } task)
        {
            task.IsIndeterminate(false);
            task.Value = task.MaxValue;
            task.StopTask();
        }

        _text.Shown = string.Empty;
    }
}
