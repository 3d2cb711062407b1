using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>A linear layer or convolution, planned.</summary>
internal sealed class PreparedProduct : Prepared
{
    private readonly WorkerPool _pool;
    private readonly FusedOperands _numbers;
    private readonly int[] _batches;

    public PreparedProduct(WorkerPool pool, ProductPlan plan, Panels layout, Prologue prologue, Epilogue epilogue, in Operands operands, WinogradPlan? winograd = null, int sumSlots = 0)
    {
        (_pool, Plan, Panels, Prologue, Epilogue, Winograd, SumSlots) = (pool, plan, layout, prologue, epilogue, winograd, sumSlots);
        _numbers = new FusedOperands(prologue, epilogue);
        (Input, Weight) = (operands.Inputs[0].Shape, operands.Inputs[1]);
        _batches = new int[operands.Inputs.Length];
        for (int i = 0; i < _batches.Length; i++)
        {
            ElementType type = operands.Inputs[i].Type;
            _batches[i] = operands.Inputs[i].Shape.Batch;
            if (i == 1 ? !layout.Holds(type) : type != ElementType.F32)
            {
                throw new ArgumentException($"Operand {i} of a matrix product is {type}; the CPU takes F32, for the weight F16 or BF16 too, of a linear layer F8. Cast it.", nameof(operands));
            }
        }

        AppliesFirst = prologue == Prologue.ScaleShiftSilu && plan.AppliesSiluFirst && winograd is null && !plan.Packs;
        PacksItself = Weight.Layout is null;
        AppliedBytes = plan.Packs ? plan.Blocks * plan.PackedBlockFloats * sizeof(float) : AppliesFirst ? Align(Input.Count * sizeof(float)) : 0;
        WinogradBytes = Align(winograd?.ArenaBytes ?? 0);
        pool.Reserve(winograd?.ScratchBytes ?? plan.ScratchBytes);
    }

    public ProductPlan Plan { get; }

    /// <summary>How tiles compute it, or null for the direct way.</summary>
    public WinogradPlan? Winograd { get; }

    /// <summary>Slots of sums for a group norm, 0 for none.</summary>
    public int SumSlots { get; }

    public Panels Panels { get; }

    public Prologue Prologue { get; }

    public Epilogue Epilogue { get; }

    public Shape Input { get; }

    public TensorType Weight { get; }

    /// <summary>Whether the prologue is a pass of its own; so it is too where the plan packs the input.</summary>
    public bool AppliesFirst { get; }

    /// <summary>Whether the weight comes unpacked: one that is computed and not loaded.</summary>
    public bool PacksItself { get; }

    public long AppliedBytes { get; }

    public long WinogradBytes { get; }

    public override long Scratch => AppliedBytes + WinogradBytes + (PacksItself ? Panels.Bytes(Weight.Shape, Weight.Type) : 0);

    public override TimeSpan Estimate => TimeSpan.FromSeconds(Winograd is null ? ProductTime.Of(this, _pool) : WinogradTime.Of(Winograd, this, _pool));

    public override WeightLayout? Layout(int input) => input == 1 ? Panels : null;

    public override Launch Bind(ReadOnlySpan<Place> places, string path) => new ProductLaunch(_pool, this, _numbers, _batches, places.ToArray(), path);

    private static long Align(long bytes) => (bytes + 63) / 64 * 64;
}
