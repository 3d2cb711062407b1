using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>What a step works with: the device, the clock, and where it says what it finds.</summary>
internal sealed class GpuBench : IDisposable
{
    private readonly GpuRunOptions _options;
    private readonly string _step;
    private readonly Budget _budget;
    private readonly FindingsFile _findings;
    private GpuDevice? _device;
    private int _begun;

    /// <param name="options">The run.</param>
    /// <param name="step">The step's name.</param>
    public GpuBench(GpuRunOptions options, string step)
    {
        (_options, _step, _findings) = (options, step, options.Findings);
        Stopwatch clock = Stopwatch.StartNew();
        _budget = new Budget(TimeSpan.FromSeconds(options.Budget), () => clock.Elapsed);
        Timer = new GpuTimer(() => Device.Host.Synchronize(), options.Quick);
    }

    /// <summary>How the run is done.</summary>
    public GpuRunOptions Options => _options;

    /// <summary>Tiny sizes.</summary>
    public bool Quick => _options.Quick;

    /// <summary>The device, opened when it is first asked for.</summary>
    public GpuDevice Device => _device ??= Open();

    /// <summary>The types in which the device stores activations.</summary>
    public IReadOnlyList<ElementType> Types => Device.Capabilities.Stores;

    /// <summary>The narrowest sensible type for speed: BF16, or what there is.</summary>
    public ElementType Fast => Types.Contains(ElementType.BF16) ? ElementType.BF16 : ElementType.F32;

    /// <summary>Times what is queued.</summary>
    public GpuTimer Timer { get; }

    /// <summary>Findings that did not come about.</summary>
    public int Failures { get; private set; }

    /// <summary>The findings of the whole run so far.</summary>
    public IReadOnlyList<Finding> Known => _findings.Read();

    /// <summary>Starts the device anew, for whoever owns what it is given.</summary>
    /// <param name="graphs">Whether it records launches, if it can.</param>
    public GpuDevice Open(bool graphs = true) => GpuDevice.Open(_options.Kind, new GpuDeviceOptions { EmulatesTensorCores = _options.Emulate, Graphs = graphs, Log = line => Say("the device", line) });

    /// <summary>Times what is queued on another device.</summary>
    public GpuTimer TimerOf(GpuNetwork network) => new(network.Synchronize, Quick);

    /// <summary>A sentence.</summary>
    public void Say(string name, string? note = null) => _findings.Add(new Finding(_step, "", name) { Note = note });

    /// <summary>A row.</summary>
    public void Row(string table, string name, Dictionary<string, double> numbers, string? note = null) => _findings.Add(new Finding(_step, table, name) { Numbers = numbers, Note = note });

    /// <summary>A row of a kernel; one that keeps registers in memory is a failure too.</summary>
    public void Kernel(string table, KernelFact kernel)
    {
        Dictionary<string, double> numbers = new() { ["ms to compile"] = kernel.Compiling.TotalMilliseconds };
        if (kernel.Driver > TimeSpan.Zero)
        {
            numbers["ms of the driver"] = kernel.Driver.TotalMilliseconds;
        }

        if (kernel.Needs is { } needs)
        {
            (numbers["registers"], numbers["local bytes"], numbers["static shared bytes"], numbers["items at most"]) = (needs.Registers, needs.LocalBytes, needs.SharedBytes, needs.Items);
        }

        Row(table, kernel.Name, numbers);
        if (kernel.Needs is { LocalBytes: > 0 })
        {
            Fail(table, kernel.Name, $"{kernel.Needs.Value.LocalBytes} bytes of local memory");
        }
    }

    /// <summary>A number that targets are held to.</summary>
    public void Measure(string name, double value) => _findings.Add(new Finding(_step, Finding.Measures, name) { Numbers = new() { ["value"] = value } });

    /// <summary>Something that did not come about.</summary>
    public void Fail(string table, string name, string why)
    {
        Failures++;
        _findings.Add(new Finding(_step, table, name) { Error = why });
    }

    /// <summary>Whether the device does nothing more in this process.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Does one thing; if it fails, says so and goes on, unless the device does nothing more. Does nothing when the budget is spent, or where an earlier process of this step began it.</summary>
    public void Try(string table, string name, Action work)
    {
        if (++_begun <= _options.Skip)
        {
            // Among these is one that failed: what holds for all cases does not.
            Failures++;
            return;
        }

        _options.Begun.Write(_begun);
        if (_budget.IsSpent)
        {
            Fail(table, name, "not begun: the time budget is spent");
            return;
        }

        try
        {
            work();
        }
#pragma warning disable CA1031 // Whatever it is, it is written down.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(table, name, $"{e.GetType().Name}: {e.Message}");
            IsLost = Loses(e);
            if (IsLost)
            {
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device?.Dispose();

    // A device that is lost says so again; one that only refused a kernel does not. Of a device that the case opened by itself nobody can ask.
    private bool Loses(Exception e)
    {
        try
        {
            _device?.Host.Synchronize();
            return _device is null && e is DeviceLostException;
        }
        catch (Exception lost) when (GpuHost.IsFault(lost))
        {
            return true;
        }
    }
}
