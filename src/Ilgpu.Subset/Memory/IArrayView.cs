namespace ILGPU;

/// <summary>Any view.</summary>
public interface IArrayView
{
    bool IsValid { get; }

    long Length { get; }

    long LengthInBytes { get; }
}
