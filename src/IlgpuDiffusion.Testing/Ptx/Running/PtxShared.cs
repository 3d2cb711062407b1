namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>
/// A group's shared memory that finds out races: between two barriers a word is read by whom it was written by, or written by one who alone
/// has read it. What is copied asynchronously is there once the item that copies has waited, and for others after a barrier.
/// </summary>
internal sealed class PtxShared(int bytes)
{
    private const int Nobody = -1, Many = -2;
    private readonly byte[] _bytes = Filled(bytes, byte.MaxValue);
    private readonly int[] _writtenAt = Filled(bytes / 4, -1), _writer = Filled(bytes / 4, Nobody), _readAt = Filled(bytes / 4, -1), _reader = Filled(bytes / 4, Nobody);
    private readonly bool[] _pending = new bool[bytes / 4];

    /// <summary>How many barriers the group has passed.</summary>
    public int Epoch { get; set; }

    /// <summary>Reads some bytes.</summary>
    public ReadOnlySpan<byte> Read(int item, ulong address, int count)
    {
        RequireInside(address, count);
        for (int word = (int)address / 4; word < ((int)address + count + 3) / 4; word++)
        {
            Require(!_pending[word], "reads what is still being copied");
            Require(_writtenAt[word] < Epoch || _writer[word] == item, "reads what another item wrote since the last barrier");
            _reader[word] = _readAt[word] == Epoch && _reader[word] != item ? Many : item;
            _readAt[word] = Epoch;
        }

        return _bytes.AsSpan((int)address, count);
    }

    /// <summary>Writes some bytes.</summary>
    public void Write(int item, ulong address, ReadOnlySpan<byte> data)
    {
        Claim(item, address, data.Length);
        data.CopyTo(_bytes.AsSpan((int)address));
    }

    /// <summary>Begins to copy.</summary>
    public void Begin(int item, ulong address, int count)
    {
        Claim(item, address, count);
        Array.Fill(_pending, true, (int)address / 4, count / 4);
    }

    /// <summary>Ends to copy.</summary>
    public void Land(int item, ulong address, ReadOnlySpan<byte> data)
    {
        Array.Fill(_pending, false, (int)address / 4, data.Length / 4);
        Write(item, address, data);
    }

    private static T[] Filled<T>(int count, T value)
    {
        T[] array = new T[count];
        Array.Fill(array, value);
        return array;
    }

    private void RequireInside(ulong address, int count) => Require(address <= (ulong)_bytes.Length && (int)address + count <= _bytes.Length, "reads or writes outside of its group's shared memory");

    private void Claim(int item, ulong address, int count)
    {
        RequireInside(address, count);
        for (int word = (int)address / 4; word < ((int)address + count + 3) / 4; word++)
        {
            Require(!_pending[word], "writes where something is still being copied to");
            Require(_writtenAt[word] < Epoch || _writer[word] == item, "writes what another item wrote since the last barrier");
            Require(_readAt[word] < Epoch || _reader[word] == item, "writes what another item read since the last barrier");
            (_writtenAt[word], _writer[word]) = (Epoch, item);
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
