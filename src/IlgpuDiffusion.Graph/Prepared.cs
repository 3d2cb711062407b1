namespace IlgpuDiffusion.Graphs;

/// <summary>Where an operand lies.</summary>
/// <param name="Space">Which base address.</param>
/// <param name="Offset">Bytes from it.</param>
/// <param name="RowStride">Elements from one grid point to the next; at least the channels, more for a channel slice.</param>
/// <param name="Type">The element type.</param>
internal readonly record struct Place(Space Space, long Offset, int RowStride, ElementType Type);

/// <summary>One base address per space; what a run hands to its launches.</summary>
internal readonly record struct Bases(nint Weight, nint Request, nint Row, nint Slot, nint Arena)
{
    /// <summary>The base of a space.</summary>
    public nint this[Space space] => space switch
    {
        Space.Weight => Weight,
        Space.Request => Request,
        Space.Row => Row,
        Space.Slot => Slot,
        _ => Arena,
    };

    /// <summary>The address of a place.</summary>
    public nint Address(in Place place) => this[place.Space] + (nint)place.Offset;
}

/// <summary>A kernel chosen for an op's shapes; knows its needs, holds no memory.</summary>
internal abstract class Prepared
{
    /// <summary>Bytes of arena that it needs while it runs; its place is handed to <see cref="Bind"/> after the outputs'.</summary>
    public virtual long Scratch => 0;

    /// <summary>What the kernel is called, or null where there is but one for the op.</summary>
    public virtual string? Kernel => null;

    /// <summary>The device's guess of its time.</summary>
    public virtual TimeSpan Estimate => TimeSpan.Zero;

    /// <summary>The layout it wants a weight input in, or null to take it as it is.</summary>
    public virtual WeightLayout? Layout(int input) => null;

    /// <summary>Fixes the operands' places: inputs, outputs, then scratch if <see cref="Scratch"/> is not 0.</summary>
    public abstract Launch Bind(ReadOnlySpan<Place> places, string path);
}

/// <summary>A kernel with its operands, ready to run any number of times.</summary>
internal abstract class Launch(string path)
{
    /// <summary>The layer it belongs to.</summary>
    public string Path { get; } = path;

    /// <summary>Whether its last run has found all that it moved to be numbers; false where it does not look.</summary>
    public virtual bool ReadNumbers => false;

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between work items; the results are undefined.</exception>
    public abstract void Run(in Bases bases, CancellationToken cancellation);
}
