using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using ILGPU;

namespace IlgpuDiffusion.Gpu.Tests.Watching;

/// <summary>
/// Keeps what ILGPU's CPU accelerator finds wrong in a kernel, such as an access outside of a view: it says so to .NET's trace, on the thread of the
/// item, and by itself would end the process without a word of where.
/// </summary>
internal sealed class KernelFaults : TraceListener
{
    private readonly ConcurrentQueue<(string? Kernel, string Text)> _faults = [];

    [ThreadStatic]
    private static bool _isAsking;

    public override void Fail(string? message) => Fail(message, null);

    public override void Fail(string? message, string? detailMessage)
    {
        // Asking for the item outside of a kernel is a fault of its own.
        if (_isAsking)
        {
            return;
        }

        _isAsking = true;
        string text = $"{message} {detailMessage}".Trim(), where = $"group {Grid.Index}, item {Group.Index}";
        _isAsking = false;
        MethodBase? kernel = new StackTrace().GetFrames().Select(frame => frame.GetMethod()).LastOrDefault(method => method?.IsDefined(typeof(KernelAttribute), inherit: false) == true);
        string? name = kernel is null ? null : $"{kernel.DeclaringType!.Name}.{kernel.Name}";
        _faults.Enqueue((name, $"{name ?? "a kernel"}, {where}: {(text.Length > 0 ? text : "an assertion")}"));
        Console.Error.WriteLine($"{name ?? "a kernel"}, {where}: {text}");
    }

    public override void Write(string? message)
    {
    }

    public override void WriteLine(string? message)
    {
    }

    /// <summary>Fails if faults were found in a kernel, or in one that is not known.</summary>
    public void Check(MethodInfo kernel)
    {
        string name = $"{kernel.DeclaringType!.Name}.{kernel.Name}";
        string[] mine = [.. Take().Where(fault => fault.Kernel is null || fault.Kernel == name).Select(fault => fault.Text)];
        if (mine.Length > 0)
        {
            throw new InvalidOperationException($"{mine.Length} faults of {name}; the first: {mine[0]}");
        }
    }

    // Faults of other kernels stay for those who run them.
    private List<(string? Kernel, string Text)> Take()
    {
        List<(string?, string)> taken = [];
        while (_faults.TryDequeue(out (string?, string) fault))
        {
            taken.Add(fault);
        }

        return taken;
    }
}
