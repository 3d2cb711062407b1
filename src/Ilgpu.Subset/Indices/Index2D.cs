namespace ILGPU;

/// <summary>An index or extent along two axes.</summary>
public readonly struct Index2D(int x, int y) : IEquatable<Index2D>
{
    public static readonly Index2D Zero = new(0, 0);
    public static readonly Index2D One = new(1, 1);

    public int X { get; } = x;

    public int Y { get; } = y;

    public int Size => X * Y;

    public static implicit operator Index2D((int X, int Y) values) => new(values.X, values.Y);

    public static bool operator ==(Index2D first, Index2D second) => first.Equals(second);

    public static bool operator !=(Index2D first, Index2D second) => !first.Equals(second);

    public bool Equals(Index2D other) => X == other.X && Y == other.Y;

    public override bool Equals(object? obj) => obj is Index2D other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(X, Y);

    public override string ToString() => $"({X}, {Y})";
}
