namespace IlgpuDiffusion.Components;

/// <summary>The last few things of one kind that were compiled; compiling takes milliseconds, binding kernels to addresses somewhat more.</summary>
internal sealed class RecentCache<TKey, TValue>(int capacity, Func<TKey, TValue> make)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(TKey Key, TValue Value)> _recent = [];

    /// <summary>What a key stands for, made if it is not among the last.</summary>
    public TValue Get(TKey key)
    {
        lock (_lock)
        {
            for (LinkedListNode<(TKey Key, TValue Value)>? node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Key.Equals(key))
                {
                    _recent.Remove(node);
                    _recent.AddFirst(node);
                    return node.Value.Value;
                }
            }

            TValue made = make(key);
            _recent.AddFirst((key, made));
            if (_recent.Count > capacity)
            {
                _recent.RemoveLast();
            }

            return made;
        }
    }
}
