using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Acceleration;

/// <summary>The numbers of a plan for the row table: of each name as many in every evaluation.</summary>
internal sealed class RowNumbers
{
    private readonly Dictionary<string, (Type Type, byte[] Rows, int RowBytes)> _inputs = [];
    private readonly int _evaluations;

    internal RowNumbers(int evaluations) => _evaluations = evaluations;

    /// <summary>The names.</summary>
    public IReadOnlyCollection<string> Names => _inputs.Keys;

    /// <summary>The bytes of all rows of a name, one after the other.</summary>
    public ReadOnlySpan<byte> Rows(string name) => _inputs[name].Rows;

    /// <summary>The numbers of one row.</summary>
    public ReadOnlySpan<T> Row<T>(string name, int evaluation)
        where T : unmanaged
    {
        (_, byte[] rows, int bytes) = _inputs[name];
        return MemoryMarshal.Cast<byte, T>(rows.AsSpan(evaluation * bytes, bytes));
    }

    internal void Set<T>(int evaluation, string name, ReadOnlySpan<T> numbers)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(numbers);
        if (!_inputs.TryGetValue(name, out (Type Type, byte[] Rows, int RowBytes) input))
        {
            _inputs[name] = input = (typeof(T), new byte[bytes.Length * _evaluations], bytes.Length);
        }

        if (input.Type != typeof(T) || input.RowBytes != bytes.Length)
        {
            throw new ArgumentException($"'{name}' has {input.RowBytes} bytes of {input.Type.Name} in every row, not {bytes.Length} of {typeof(T).Name}.", nameof(numbers));
        }

        bytes.CopyTo(input.Rows.AsSpan(evaluation * bytes.Length));
    }
}
