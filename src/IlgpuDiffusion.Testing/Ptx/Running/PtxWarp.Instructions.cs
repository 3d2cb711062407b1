using System.Buffers.Binary;
using System.Numerics;

namespace IlgpuDiffusion.Testing.Ptx;

// What the instructions do.
internal sealed partial class PtxWarp
{
    private void Do(PtxStep step, uint lanes)
    {
        switch (step.Family)
        {
            case PtxFamily.Function:
                Compute(step, lanes);
                break;
            case PtxFamily.Load:
                Load(step, lanes);
                break;
            case PtxFamily.Store:
                Store(step, lanes);
                break;
            case PtxFamily.Matrices:
                RequireWhole(lanes);
                Matrices(step);
                break;
            case PtxFamily.MultiplyAdd:
                RequireWhole(lanes);
                PtxMatrices.Multiply(step, _registers);
                break;
            case PtxFamily.Shuffle:
                Shuffle(step);
                break;
            default:
                Copy(step, lanes);
                break;
        }
    }

    private void Compute(PtxStep step, uint lanes)
    {
        ReadOnlySpan<int> places = step.Places;
        Span<ulong> result = Registers(places[0]);
        ReadOnlySpan<ulong> a = Registers(places[1]), b = places.Length > 2 ? Registers(places[2]) : a, c = places.Length > 3 ? Registers(places[3]) : a;
        Func<ulong, ulong, ulong, ulong> function = step.Function!;
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            result[lane] = function(a[lane], b[lane], c[lane]);
        }
    }

    private void Load(PtxStep step, uint lanes)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = _lane = BitOperations.TrailingZeroCount(rest);
            ulong address = Aligned(step, step.Count, 0, lane, step.Bytes * step.Count);
            ReadOnlySpan<byte> bytes = step.Space switch
            {
                PtxSpace.Parameter => _parameters.AsSpan((int)address, step.Bytes),
                PtxSpace.Shared => _shared.Read(_first + lane, address, step.Bytes * step.Count),
                _ => _memory.At(address, step.Bytes * step.Count),
            };
            for (int i = 0; i < step.Count; i++)
            {
                word.Clear();
                bytes.Slice(i * step.Bytes, step.Bytes).CopyTo(word);
                _registers[(step.Places[i] * Lanes) + lane] = BinaryPrimitives.ReadUInt64LittleEndian(word);
            }
        }
    }

    private void Store(PtxStep step, uint lanes)
    {
        Span<byte> bytes = stackalloc byte[16 + sizeof(ulong)];
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = _lane = BitOperations.TrailingZeroCount(rest), count = step.Bytes * step.Count;
            ulong address = Aligned(step, 0, 0, lane, count);
            for (int i = 0; i < step.Count; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes[(i * step.Bytes)..], _registers[(step.Places[1 + i] * Lanes) + lane]);
            }

            if (step.Space == PtxSpace.Shared)
            {
                _shared.Write(_first + lane, address, bytes[..count]);
            }
            else
            {
                bytes[..count].CopyTo(_memory.At(address, count));
            }
        }
    }

    private void Matrices(PtxStep step)
    {
        Span<byte> rows = stackalloc byte[Lanes * 16];
        for (int lane = 0; lane < Lanes; lane++)
        {
            _shared.Read(_first + lane, Aligned(step, 4, 0, lane, 16), 16).CopyTo(rows[(16 * lane)..]);
        }

        PtxMatrices.Load(step, rows, _registers);
    }

    // Each lane gets what the lane has whose number differs in some bits.
    private void Shuffle(PtxStep step)
    {
        Span<ulong> values = stackalloc ulong[Lanes];
        Registers(step.Places[1]).CopyTo(values);
        for (int lane = 0; lane < Lanes; lane++)
        {
            _registers[(step.Places[0] * Lanes) + lane] = values[lane ^ (int)_registers[(step.Places[2] * Lanes) + lane]];
        }
    }

    private void Copy(PtxStep step, uint lanes)
    {
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            PtxCopies copies = _copies[lane] ??= new PtxCopies(_first + lane, _shared);
            if (step.Family == PtxFamily.EndBatch)
            {
                copies.End();
            }
            else if (step.Family == PtxFamily.AwaitBatches)
            {
                copies.Await((int)step.Distances[0]);
            }
            else
            {
                // What is behind the bytes that are asked for is zeros.
                int bytes = (int)_registers[(step.Places[3] * Lanes) + lane];
                byte[] data = new byte[16];
                if (bytes > 0)
                {
                    _memory.At(Aligned(step, 1, 1, lane, 16), bytes).CopyTo(data);
                }

                copies.Begin(Aligned(step, 0, 0, lane, 16), data);
            }
        }
    }

    private ulong Aligned(PtxStep step, int place, int distance, int lane, int bytes)
    {
        ulong address = _registers[(step.Places[place] * Lanes) + lane] + step.Distances[distance];
        Require((address & ((ulong)bytes - 1)) == 0, "is off the alignment");
        return address;
    }
}
