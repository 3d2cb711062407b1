namespace IlgpuDiffusion.Imaging;

/// <summary>A picture of 8-bit RGB pixels, rows from the top, three bytes a pixel.</summary>
public sealed class Image
{
    /// <summary>Wraps existing pixels (not copied).</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="pixels">Red, green, blue of every pixel, [height, width, 3].</param>
    public Image(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (pixels.Length != (long)width * height * 3)
        {
            throw new ArgumentException($"A picture of {width}x{height} needs {(long)width * height * 3} bytes, not {pixels.Length}.", nameof(pixels));
        }

        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>A black picture.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public Image(int width, int height)
        : this(width, height, new byte[checked(width * height * 3)])
    {
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Red, green, blue of every pixel, [height, width, 3].</summary>
    public byte[] Pixels { get; }

    /// <summary>Rounds values of [0, 1] to bytes as the reference does: (255 x) to the nearest integer, halves to the even one; values outside are clamped.</summary>
    /// <param name="values">Red, green, blue of every pixel, [height, width, 3].</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <exception cref="InvalidDataException">A value is not a number.</exception>
    public static Image FromFloats(ReadOnlySpan<float> values, int width, int height)
    {
        Image image = new(width, height);
        if (values.Length != image.Pixels.Length)
        {
            throw new ArgumentException($"A picture of {width}x{height} needs {image.Pixels.Length} values, not {values.Length}.", nameof(values));
        }

        for (int i = 0; i < values.Length; i++)
        {
            float value = values[i];
            if (float.IsNaN(value))
            {
                throw new InvalidDataException($"The picture is not a number at pixel ({i / 3 % width}, {i / 3 / width}): the model overflowed or its weights are damaged.");
            }

            image.Pixels[i] = (byte)MathF.Round(Math.Clamp(value, 0f, 1f) * 255f);
        }

        return image;
    }

    /// <summary>The pixels divided by 255, [height, width, 3].</summary>
    public float[] ToFloats()
    {
        float[] values = new float[Pixels.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Pixels[i] / 255f;
        }

        return values;
    }

    /// <summary>Reads a PNG file; transparent parts are laid over white.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file is no sound PNG; the message names it and the fault.</exception>
    public static Image Load(string path) => PngReader.Read(path).Flatten();

    /// <summary>Reads a PNG file from where a stream stands to its end; transparent parts are laid over white.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <exception cref="InvalidDataException">It is no sound PNG; the message says what is wrong.</exception>
    public static Image Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return PngReader.Decode(PngReader.ReadBytes(stream), null).Flatten();
    }

    /// <summary>Reads the bytes of a PNG file; transparent parts are laid over white.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">It is no sound PNG; the message says what is wrong.</exception>
    public static Image FromPng(ReadOnlyMemory<byte> bytes) => PngReader.Decode(bytes, null).Flatten();

    /// <summary>The bytes of a PNG file.</summary>
    /// <param name="text">Text chunks to store in it.</param>
    public byte[] ToPng(params IReadOnlyList<PngText> text) => PngWriter.Encode(this, text);

    /// <summary>Writes a PNG file to a stream.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="text">Text chunks to store in it.</param>
    public void Save(Stream stream, params IReadOnlyList<PngText> text)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(ToPng(text));
    }

    /// <summary>Writes a PNG file, whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="text">Text chunks to store in it.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it and says why.</exception>
    public void Save(string path, params IReadOnlyList<PngText> text) => PngWriter.Write(path, this, text);
}
