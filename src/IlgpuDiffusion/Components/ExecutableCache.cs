using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Components;

/// <summary>The last few compiled graphs of one kind; compiling takes milliseconds, binding kernels to addresses somewhat more.</summary>
internal sealed class ExecutableCache<TKey>(int capacity, Func<TKey, Executable> compile)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(TKey Key, Executable Value)> _recent = [];

    /// <summary>The executable for a key, compiled if it is not among the last.</summary>
    public Executable Get(TKey key)
    {
        lock (_lock)
        {
            for (LinkedListNode<(TKey Key, Executable Value)>? node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Key.Equals(key))
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                    return node.Value.Value;
                }
            }

            Executable made = compile(key);
            _recent.AddFirst((key, made));
            if (_recent.Count > capacity)
            {
                _recent.RemoveLast();
            }

            return made;
        }
    }
}
