using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Tests.Running;

/// <summary>A driver that records: while it does, a launch of its own does not run.</summary>
internal sealed class FakeRecorder : ILaunchRecorder
{
    private readonly Dictionary<nint, Action[]> _recordings = [];
    private List<Action>? _recording;
    private nint _last;

    /// <summary>What it was asked to do, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The call that fails, or null.</summary>
    public string? Fails { get; set; }

    public int Live => _recordings.Count;

    public void Begin()
    {
        Call("begin");
        _recording = [];
    }

    public nint End()
    {
        List<Action> recording = _recording!;
        _recording = null;
        Call("end");
        _recordings[++_last] = [.. recording];
        return _last;
    }

    public void Discard()
    {
        Calls.Add("discard");
        _recording = null;
    }

    public void Run(nint recording)
    {
        Call("run");
        foreach (Action launch in _recordings[recording])
        {
            launch();
        }
    }

    public void Free(nint recording)
    {
        Calls.Add("free");
        Assert.IsTrue(_recordings.Remove(recording));
    }

    /// <summary>Does something now, or records it.</summary>
    public void Queue(Action work)
    {
        if (_recording is null)
        {
            work();
            return;
        }

        FailIf("launch");
        _recording.Add(work);
    }

    private void Call(string name)
    {
        Calls.Add(name);
        FailIf(name);
    }

    private void FailIf(string name)
    {
        if (Fails == name)
        {
            throw new DriverException($"no {name} today");
        }
    }
}

/// <summary>A driver's failure.</summary>
internal sealed class DriverException(string message) : AcceleratorException(message)
{
    public override AcceleratorType AcceleratorType => AcceleratorType.Cuda;
}
