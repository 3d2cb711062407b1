using System.Buffers.Binary;
using System.Reflection;
using ILGPU;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>A kernel's arguments as CUDA gets them: structs in C's layout, a view as its address and length.</summary>
internal static class PtxArguments
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>The bytes of an argument. What its views hold may be touched.</summary>
    public static byte[] Bytes(object argument, PtxMemory memory)
    {
        List<byte> bytes = [];
        int align = Write(argument, memory, bytes);
        Pad(bytes, align);
        return [.. bytes];
    }

    // Gives the alignment.
    private static int Write(object value, PtxMemory memory, List<byte> bytes)
    {
        Type type = value.GetType();
        if (type.IsEnum)
        {
            return Write(Convert.ChangeType(value, Enum.GetUnderlyingType(type), null), memory, bytes);
        }

        if (value is IArrayView view && value is IContiguousArrayView place)
        {
            ulong address = 0;
            if (view.Length > 0)
            {
                address = (ulong)view.Buffer.NativePtr + (ulong)place.IndexInBytes;
                memory.Add(address, view.LengthInBytes);
            }

            Number(bytes, address, sizeof(ulong));
            Number(bytes, (ulong)view.Length, sizeof(ulong));
            return sizeof(ulong);
        }

        if (type.IsPrimitive)
        {
            (ulong bits, int size) = value switch
            {
                float x => (BitConverter.SingleToUInt32Bits(x), sizeof(float)),
                double x => (BitConverter.DoubleToUInt64Bits(x), sizeof(double)),
                int x => ((uint)x, sizeof(int)),
                uint x => (x, sizeof(uint)),
                long x => ((ulong)x, sizeof(long)),
                ulong x => (x, sizeof(ulong)),
                ushort x => (x, sizeof(ushort)),
                byte x => ((ulong)x, sizeof(byte)),
                _ => throw new NotSupportedException($"An argument of type {type}."),
            };
            Number(bytes, bits, size);
            return size;
        }

        // Fields are written one by one to find the struct's alignment, then where it lies in its turn.
        List<byte> own = [];
        int align = 1;
        foreach (FieldInfo field in type.GetFields(Fields).OrderBy(field => field.MetadataToken))
        {
            List<byte> part = [];
            int needs = Write(field.GetValue(value)!, memory, part);
            Pad(own, needs);
            own.AddRange(part);
            align = Math.Max(align, needs);
        }

        Pad(own, align);
        bytes.AddRange(own);
        return align;
    }

    private static void Number(List<byte> bytes, ulong bits, int size)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, bits);
        bytes.AddRange(word[..size]);
    }

    private static void Pad(List<byte> bytes, int align) => bytes.AddRange(new byte[((bytes.Count + align - 1) / align * align) - bytes.Count]);
}
