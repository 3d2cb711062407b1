using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a group norm's statistics: slots, folded slots if there are many, then channels and groups, or both in one.</summary>
internal sealed class GroupNormLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly GroupNormSlots _sizes;
    private readonly GroupNormParameters _first;
    private readonly GroupNormParameters _second;
    private readonly GroupNormParameters _last;
    private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<TElement>, ArrayView<float>> _slots;
    private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<float>, ArrayView<float>> _fold;
    private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<float>, ArrayView<double>>? _channels;
    private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<double>, ArrayView<float>, ArrayView<float>, ArrayView<float>>? _groups;
    private readonly Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>? _finish;
    private readonly KernelConfig _finishing;
    private readonly bool _folds;

    public GroupNormLaunch(GpuHost host, Place[] places, string path, Shape shape, GroupNormStatistics op)
        : base(host, places, path)
    {
        (_shape, _sizes) = (shape, GroupNormSlots.Of(shape));
        GroupNormParameters p = new()
        {
            Epsilon = op.Epsilon,
            Images = shape.Batch,
            Tokens = shape.Tokens,
            Channels = shape.Channels,
            Pitch = _sizes.Pitch,
            Groups = op.Groups,
            PerGroup = shape.Channels / op.Groups,
            Slots = _sizes.Slots,
            SlotTokens = _sizes.Tokens,
            FromStride = Stride(0),
            Way = places[0].Way,
            ToStride = Stride(3),
            BySlots = Divisor.Of(_sizes.Slots),
            Folds = _sizes.Folds,
            ByFolds = Divisor.Of(Math.Max(1, _sizes.Folds)),
            ByChannels = Divisor.Of(shape.Channels),
            ByGroups = Divisor.Of(op.Groups),
            ByPerGroup = Divisor.Of(shape.Channels / op.Groups),
        };
        _folds = _sizes.Folds > 0 && !(host.HasWarps && _sizes.Slots <= GroupNormFinishKernel.Slots);
        int eights = Math.Max(1, host.Grain / (_sizes.Tokens * Octets.Size));
        _first = Runs(p, _sizes.Slots, Math.Min(_sizes.Pitch, eights * Octets.Size));
        _second = Runs(p, _sizes.Folds, Math.Min(shape.Channels, Math.Max(1, host.Grain / GroupNormKernel.Folded)));
        _last = !_folds ? p : p with { Slots = _sizes.Folds, SlotTokens = _sizes.Tokens * GroupNormKernel.Folded };
        _slots = host.Load<GroupNormParameters, ArrayView<TElement>, ArrayView<float>>(GroupNormKernel.Slots<TElement, TFormat>);
        _fold = host.Load<GroupNormParameters, ArrayView<float>, ArrayView<float>>(GroupNormKernel.Fold);
        if (host.HasWarps)
        {
            GroupForm form = new(GroupNormFinishKernel.Threads, GroupNormFinishKernel.GroupsPerProcessor, 0);
            _finishing = host.Groups(new Index3D(checked(shape.Batch * op.Groups), 1, 1), form);
            _finish = host.Load<Action<AcceleratorStream, KernelConfig, GroupNormParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>>(GroupNormFinishKernel.Run, form);
            return;
        }

        _channels = host.Load<GroupNormParameters, ArrayView<float>, ArrayView<double>>(GroupNormKernel.Channels);
        _groups = host.Load<GroupNormParameters, ArrayView<double>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(GroupNormKernel.Groups);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        nint scratch = Address(4);
        ArrayView<double> channels = Host.View<double>(scratch, _sizes.ChannelBytes / sizeof(double));
        ArrayView<float> slots = Host.View<float>(scratch + (nint)_sizes.ChannelBytes, _sizes.SlotBytes / sizeof(float));
        _slots(Host.Stream, Host.Items(_first.Items), _first, View<TElement>(0, Extent(0, _shape)), slots);
        if (_folds)
        {
            ArrayView<float> folds = Host.View<float>(scratch + (nint)(_sizes.ChannelBytes + _sizes.SlotBytes), _sizes.FoldBytes / sizeof(float));
            _fold(Host.Stream, Host.Items(_second.Items), _second, slots, folds);
            slots = folds;
        }

        Shape vector = Shape.Vector(_shape.Channels), table = new(_shape.Batch, 1, 1, 2 * _shape.Channels);
        if (_finish is not null)
        {
            _finish(Host.Stream, _finishing, _last, slots, Floats(1, vector), Floats(2, vector), Floats(3, table));
            return;
        }

        _channels!(Host.Stream, Host.Items(_shape.Batch * _shape.Channels), _last, slots, channels);
        _groups!(Host.Stream, Host.Items(_shape.Batch * _last.Groups), _last, channels, Floats(1, vector), Floats(2, vector), Floats(3, table));
    }

    private static GroupNormParameters Runs(GroupNormParameters p, int perImage, int run)
    {
        int runs = (p.Channels + run - 1) / run;
        return p with { Items = checked(p.Images * perImage * runs), Run = run, RunsPerSlot = runs, ByRuns = Divisor.Of(runs) };
    }
}
