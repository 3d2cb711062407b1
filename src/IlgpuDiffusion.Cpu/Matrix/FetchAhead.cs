using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Asks for memory that will be needed later, a few cache lines between two tiles, so that it arrives while the tiles multiply. Changes no result.
/// </summary>
internal unsafe struct FetchAhead
{
    private const int Line = 64;

    private byte* _row;
    private nint _pitch;
    private int _lines;
    private int _rows;
    private int _done;
    private int _linesPerStep;

    /// <summary>Rows of bytes, to be asked for in a number of steps.</summary>
    /// <param name="from">The first row.</param>
    /// <param name="pitch">Bytes from one row to the next.</param>
    /// <param name="bytes">Bytes of a row.</param>
    /// <param name="rows">Rows; none if there is nothing to fetch.</param>
    /// <param name="steps">Steps that will be taken.</param>
    public static FetchAhead Rows(void* from, nint pitch, nint bytes, int rows, int steps)
    {
        // A row that does not begin with a line may end in one line more.
        int lines = (int)((bytes + Line - 1) / Line);
        return new FetchAhead
        {
            _row = (byte*)from,
            _pitch = pitch,
            _lines = lines,
            _rows = rows,
            _linesPerStep = (int)((((long)lines * rows) + steps - 1) / Math.Max(steps, 1)),
        };
    }

    /// <summary>Asks for the next lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step()
    {
        if (_rows > 0)
        {
            Fetch();
        }
    }

    private void Fetch()
    {
        for (int i = _linesPerStep; i > 0 && _rows > 0;)
        {
            int count = Math.Min(i, _lines - _done);
            Lines(_row + ((nint)_done * Line), count);
            i -= count;
            _done += count;
            if (_done == _lines)
            {
                _done = 0;
                _row += _pitch;
                _rows--;
            }
        }
    }

    /// <summary>Asks for lines one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Lines(byte* from, int count)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < count; i++, from += Line)
            {
                Sse.Prefetch0(from);
            }
        }
    }
}
