using System.Buffers.Binary;
using System.Security.Cryptography;

namespace IlgpuDiffusion.Imaging;

/// <summary>A short name for a picture's pixels, by which metadata say which one a picture was made from.</summary>
internal static class ImageHash
{
    private const int Digits = 10;

    /// <summary>The first ten hexadecimal digits of the SHA-256 of width, height (32 bits each, low byte first) and pixels.</summary>
    public static string Of(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(size, image.Width);
        BinaryPrimitives.WriteInt32LittleEndian(size[4..], image.Height);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(size);
        hash.AppendData(image.Pixels);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..Digits];
    }
}
