using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Checked;

/// <summary>A launch that is watched: what it writes, and what it must not.</summary>
internal sealed class CheckedLaunch(CheckedDevice device, Op op, Region[] regions, Launch inner) : Launch(inner.Path)
{
    public override void Run(in Bases bases, CancellationToken cancellation)
    {
        (long Start, long End)[] spans = new (long, long)[regions.Length];
        for (int i = 0; i < regions.Length; i++)
        {
            long start = bases.Address(regions[i].Place);
            spans[i] = (start, start + regions[i].Bytes);
        }

        List<(int Region, string Side, long Start, byte[] Before)> zones = [];
        for (int i = 0; i < regions.Length; i++)
        {
            if (!regions[i].IsInput)
            {
                PoisonResult(i, spans);
                zones.Add((i, "before", spans[i].Start - device.Guard, []));
                zones.Add((i, "after", spans[i].End, []));
            }
        }

        for (int i = 0; i < zones.Count; i++)
        {
            zones[i] = zones[i] with { Before = Read(zones[i].Start, device.Guard) };
        }

        inner.Run(bases, cancellation);
        foreach ((int region, string side, long start, byte[] before) in zones)
        {
            CheckZone(region, side, start, before, spans);
        }

        for (int i = 0; i < regions.Length; i++)
        {
            if (!regions[i].IsInput && regions[i].Type is { Layout: null } type && type.Type.IsStorage())
            {
                CheckFinite(i, type, spans[i].Start);
            }
        }
    }

    private string Where => $"On {device.Inner.Name}: {op.Name} at '{Path}'";

    // A kernel that reads its result or scratch before writing it, or leaves part of it unwritten, shows as NaN.
    private void PoisonResult(int region, (long Start, long End)[] spans)
    {
        (long start, long end) = spans[region];
        for (int i = 0; i < regions.Length; i++)
        {
            if (regions[i].IsInput && spans[i].Start < end && start < spans[i].End)
            {
                return;
            }
        }

        if (regions[region].IsDense)
        {
            device.Fill((nint)start, end - start);
        }
    }

    private void CheckZone(int region, string side, long start, byte[] before, (long Start, long End)[] spans)
    {
        byte[] after = Read(start, before.Length);
        for (int i = 0; i < before.Length; i++)
        {
            long address = start + i;
            bool own = spans.Where((span, number) => !regions[number].IsInput && address >= span.Start && address < span.End).Any();
            if (before[i] != after[i] && !own)
            {
                long distance = side == "before" ? before.Length - i : i;
                string what = regions[region].Type is { } type ? $"its result {type}" : $"its scratch of {regions[region].Bytes} bytes";
                throw new CheckException($"{Where} wrote outside {what}: byte {distance} {side} it was 0x{before[i]:X2} and is 0x{after[i]:X2}.");
            }
        }
    }

    // Moves may pass on the −∞ by which a bias hides keys.
    private void CheckFinite(int region, TensorType type, long start)
    {
        Shape shape = type.Shape;
        int size = type.Type.Size();
        byte[] row = new byte[shape.Channels * size];
        bool moves = op is Copy or Concat or Repeat;
        for (int r = 0; r < shape.Rows; r++)
        {
            device.Inner.Download((nint)(start + ((long)r * regions[region].Place.RowStride * size)), row);
            for (int c = 0; c < shape.Channels; c++)
            {
                float value = Number(row.AsSpan(c * size, size), type.Type);
                if (!float.IsFinite(value) && !(moves && float.IsNegativeInfinity(value)))
                {
                    string index = $"[{r / shape.Tokens}, {r % shape.Tokens / shape.Width}, {r % shape.Width}, {c}]";
                    throw new CheckException($"{Where} gave {value} at {index} of {shape}.");
                }
            }
        }
    }

    private static float Number(ReadOnlySpan<byte> bytes, ElementType type) => type switch
    {
        ElementType.F16 => (float)MemoryMarshal.Read<Half>(bytes),
        ElementType.BF16 => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Read<ushort>(bytes) << 16),
        _ => MemoryMarshal.Read<float>(bytes),
    };

    private byte[] Read(long start, long bytes)
    {
        byte[] result = new byte[bytes];
        device.Inner.Download((nint)start, result);
        return result;
    }
}
