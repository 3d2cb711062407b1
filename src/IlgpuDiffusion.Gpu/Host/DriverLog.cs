using System.Diagnostics;
using System.Text;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// What ILGPU notes (<see cref="Trace"/>) on the thread that made this, while it exists: of a kernel that CUDA's driver does not take
/// ILGPU's exception holds the error's number, its notes hold the driver's words.
/// </summary>
internal sealed class DriverLog : TraceListener
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly StringBuilder _text = new();

    public DriverLog() => Trace.Listeners.Add(this);

    /// <summary>The words in one line, in brackets behind a space; empty if there are none.</summary>
    public string Text
    {
        get
        {
            string[] lines = _text.ToString().Split(['\n', '\r', '\0'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return lines.Length > 0 ? $" ({string.Join("; ", lines)})" : "";
        }
    }

    /// <inheritdoc/>
    public override void Write(string? message)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            _text.Append(message);
        }
    }

    /// <inheritdoc/>
    public override void WriteLine(string? message) => Write(message + "\n");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Trace.Listeners.Remove(this);
        base.Dispose(disposing);
    }
}
