using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Embedding(Embedding op, in Operands operands)
    {
        (TensorType table, Shape ids) = (operands.Inputs[0], operands.Inputs[1].Shape);
        Work work = op.Work(operands);
        return table.Type switch
        {
            ElementType.F32 => Of<Float32Format, float>(),
            ElementType.F16 => Of<Float16Format, ushort>(),
            ElementType.BF16 => Of<BFloat16Format, ushort>(),
            ElementType.F64 => Of<Float64Format, double>(),
            ElementType.F8E4M3 => Of<E4M3Element, byte>(),
            ElementType.F8E5M2 => Of<E5M2Element, byte>(),
            _ => throw new NotSupportedException($"A device of ILGPU takes embedding tables of a float type, not {table.Type}."),
        };

        GpuPrepared Of<TFrom, TElement>()
            where TFrom : struct, IWeightFormat<TElement>
            where TElement : unmanaged => new(work, (places, path) => new EmbeddingLaunch<TFrom, TElement>(host, places, path, table.Shape, ids));
    }

    /// <summary>The numbers are read back and checked, since a kernel cannot say that one is wrong; no embedding is in the loop.</summary>
    private sealed class EmbeddingLaunch<TFrom, TElement> : GpuLaunch
        where TFrom : struct, IWeightFormat<TElement>
        where TElement : unmanaged
    {
        private readonly Shape _table;
        private readonly Shape _ids;
        private readonly int[] _read;
        private readonly EmbeddingParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, EmbeddingParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<float>> _kernel;

        public EmbeddingLaunch(GpuHost host, Place[] places, string path, Shape table, Shape ids)
            : base(host, places, path)
        {
            (_table, _ids) = (table, ids);
            _read = new int[Extent(1, ids)];
            int run = Math.Min(table.Channels, host.Grain), runs = (table.Channels + run - 1) / run;
            _parameters = new EmbeddingParameters
            {
                Items = checked(ids.Rows * runs),
                Channels = table.Channels,
                Run = run,
                RunsPerRow = runs,
                TableStride = Stride(0),
                IdStride = Stride(1),
                ToStride = Stride(2),
                ByRuns = Divisor.Of(runs),
            };
            _kernel = host.Load<EmbeddingParameters, ArrayView<TElement>, ArrayView<int>, ArrayView<float>>(EmbeddingKernel.Run<TFrom, TElement>);
        }

        protected override void Start()
        {
            Host.Download(Address(1), MemoryMarshal.AsBytes(_read.AsSpan()));
            for (int i = 0; i < _ids.Rows; i++)
            {
                int id = _read[i * Stride(1)];
                if ((uint)id >= (uint)_table.Width)
                {
                    throw new InvalidDataException($"At '{Path}': the id {id} at position {i} is not within the table of {_table.Width} rows; the tokenizer does not belong to this model.");
                }
            }

            _kernel(Host.Stream, Host.Items(_parameters.Items), _parameters, View<TElement>(0, Extent(0, _table)), View<int>(1, _read.Length), Floats(2, _ids with { Channels = _table.Channels }));
        }
    }
}
