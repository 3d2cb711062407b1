using System.Diagnostics;
using System.Reflection;

namespace IlgpuDiffusion.Gpu.Tests.Watching;

/// <summary>Watches every kernel that the tests run on the processor.</summary>
[TestClass]
public static class TestHost
{
    // Far more than any takes, on a machine with much else to do.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3), Interval = TimeSpan.FromSeconds(5);

    private static readonly KernelWatch Watch = new(Limit, () => DateTime.UtcNow, Environment.FailFast);
    private static Timer? _timer;

    internal static KernelFaults Faults { get; } = new();

    [AssemblyInitialize]
    public static void Begin(TestContext context)
    {
        Trace.Listeners.Clear();
        Trace.Listeners.Add(Faults);
        GpuHost.Observer = new Observer();
        _timer = new Timer(_ => Watch.Look(), null, Interval, Interval);
    }

    [AssemblyCleanup]
    public static void End() => _timer?.Dispose();

    /// <summary>Runs a kernel that no device launches, watched like the others.</summary>
    internal static void Run(MethodInfo kernel, Action launch)
    {
        Watch.Begins(kernel);
        try
        {
            launch();
        }
        finally
        {
            Watch.Ended();
        }

        Faults.Check(kernel);
    }

    private sealed class Observer : ILaunchObserver
    {
        public void Begins(MethodInfo kernel) => Watch.Begins(kernel);

        public void Ended(MethodInfo kernel)
        {
            Watch.Ended();
            Faults.Check(kernel);
        }
    }
}
