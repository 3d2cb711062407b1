using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Guesses of kernels' times, from the tiles and tasks that their plans make. A guess says how a kernel's time changes with its shapes, ragged ends, idle threads and what every launch takes included; how fast
/// the machine is, timing some launches says. Work is counted in multiply-adds at the rate of the tiles' kernels.
/// </summary>
internal static class KernelTime
{
    // Two multiply-adds a cycle at 3 GHz, of which four fifths are reached.
    private const double Cycles = 3e9 * 0.8;

    // Threads find the work, and the last is waited for.
    private const double Region = 3e-6;

    /// <summary>Multiply-adds of a cycle.</summary>
    public static double OfCycle { get; } = 2 * Simd.Level switch { SimdLevel.Vector512 => 16, SimdLevel.Vector256 => 8, SimdLevel.Vector128 => 4, _ => 1 };

    /// <summary>Seconds of a phase: tasks of one length, shared among the threads.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="work">Multiply-adds of all.</param>
    public static double Phase(WorkerPool pool, int tasks, double work) =>
        Region + (work / (Cycles * OfCycle) * Parts(tasks, pool.Threads) / Math.Max(tasks, 1));

    /// <summary>Of values that go through a prologue or an activation, what one takes.</summary>
    public static double Of(Prologue prologue) => prologue switch { Prologue.ScaleShiftSilu => OfCycle, Prologue.None => 0, _ => OfCycle / 4 };

    /// <inheritdoc cref="Of(Prologue)"/>
    public static double Of(Epilogue epilogue) => OfCycle * ((epilogue.Activation == Activation.None ? 0 : 1) + 0.25);

    public static int Parts(int whole, int part) => (whole + part - 1) / part;
}
