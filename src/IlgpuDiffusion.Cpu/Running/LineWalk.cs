using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>An operand of an elementwise op: what is read as which shape.</summary>
/// <param name="Place">Its number among the places.</param>
/// <param name="Shape">The shape it is read as.</param>
/// <param name="Offset">Elements to skip in front.</param>
internal readonly record struct LineOperand(int Place, Shape Shape, int Offset = 0);

/// <summary>
/// Goes over a result and its broadcast operands in lines, as long as possible: grid points, rows and pictures are joined
/// wherever every operand is contiguous over them or constant.
/// </summary>
internal sealed class LineWalk
{
    private readonly Steps[] _steps;
    private readonly int _height;
    private readonly int _width;

    /// <summary>For a result and operands with their row strides.</summary>
    public LineWalk(Shape result, ReadOnlySpan<(Shape Shape, int RowStride)> operands)
    {
        _steps = new Steps[operands.Length];
        for (int i = 0; i < operands.Length; i++)
        {
            (Shape shape, long row) = operands[i];
            Steps steps = new(result.Batch / shape.Batch, row * shape.Tokens, shape.Height == 1 ? 0 : row * shape.Width, shape.Width == 1 ? 0 : row, shape.Channels == 1 ? 0 : 1);
            if (result.Channels == 1)
            {
                // One element a point: its step is free, so it takes that of the next longer axis.
                long step = result.Width > 1 ? steps.Width : steps.Height;
                steps = steps with { Element = step == 0 ? 0 : 1 };
            }

            _steps[i] = steps;
        }

        (_height, _width, Length) = (result.Height, result.Width, result.Channels);
        if (_width == 1 || Array.TrueForAll(_steps, s => s.Width == (long)s.Element * Length))
        {
            (Length, _width) = (checked(Length * _width), 1);
            if (_height == 1 || Array.TrueForAll(_steps, s => s.Height == (long)s.Element * Length))
            {
                (Length, _height) = (checked(Length * _height), 1);
            }
        }

        Count = result.Batch * _height * _width;
    }

    /// <summary>Elements of a line.</summary>
    public int Length { get; }

    /// <summary>The number of lines.</summary>
    public int Count { get; }

    /// <summary>Elements from one element of a line to the next: 1, or 0 for an operand that is constant over it.</summary>
    public int Step(int operand) => _steps[operand].Element;

    /// <summary>Elements in front of a line.</summary>
    public nint Offset(int operand, int line)
    {
        (int rest, int x) = Math.DivRem(line, _width);
        (int b, int y) = Math.DivRem(rest, _height);
        ref readonly Steps steps = ref _steps[operand];
        return (nint)((b / steps.Images * steps.Batch) + (y * steps.Height) + (x * steps.Width));
    }

    private readonly record struct Steps(int Images, long Batch, long Height, long Width, int Element);
}
