using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Components;

/// <summary>The last few compiled graphs of one kind; compiling takes milliseconds, binding kernels to addresses somewhat more.</summary>
internal sealed class ExecutableCache<TKey>(int capacity, Func<TKey, Executable> compile) : RecentCache<TKey, Executable>(capacity, compile)
    where TKey : notnull;
