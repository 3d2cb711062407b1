namespace ILGPU.Runtime;

/// <summary>Makes values that a kernel is compiled for.</summary>
public static class SpecializedValue
{
    public static SpecializedValue<T> New<T>(T value)
        where T : unmanaged, IEquatable<T> =>
        new(value);
}

/// <summary>A value that a kernel is compiled for.</summary>
public readonly struct SpecializedValue<T>(T value)
    where T : unmanaged, IEquatable<T>
{
    public T Value { get; } = value;

    public static implicit operator T(SpecializedValue<T> value) => value.Value;
}
