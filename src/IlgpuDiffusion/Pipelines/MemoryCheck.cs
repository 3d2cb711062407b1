using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Refuses what does not fit a device's memory before anything of it is uploaded or computed, and says what would fit.</summary>
/// <param name="model">The model.</param>
/// <param name="offload">Whether one component is held at a time, whatever there is room for.</param>
internal sealed class MemoryCheck(ModelComponents model, bool offload = false)
{
    private readonly ComponentRunner _runner = model.Runner;

    // Sizes that are tried are multiples of this: what models are trained at.
    private const int Step = 64;

    // The part of a network's weights that stays when its loop begins is two thirds or more (docs/models.md).
    private const double LeastInLoop = 0.6;

    /// <summary>
    /// The request with its way of decoding: in parts where that is asked for, or where the device has too little memory to decode at once; and with one component held at a time where that is asked for, or
    /// where all of them are too much.
    /// </summary>
    public ResolvedRequest Choose(ResolvedRequest request) => Choose(request, _runner.Capacity, null);

    /// <exception cref="DeviceMemoryException">The device has too little memory for a request; the message says for which it has enough.</exception>
    public void Require(ResolvedRequest request)
    {
        if (_runner.Capacity is not { } capacity)
        {
            return;
        }

        MemoryNeed need = Need(request);
        if (need.Total > capacity)
        {
            EvaluationKey key = request.Key;
            throw new DeviceMemoryException(
                $"{_runner.Device.Name} needs {Mebibytes(need.Total)} of memory for {Pictures(key.Images)} of {request.Width} x {request.Height} (weights {Mebibytes(need.Weights)}, activations {Mebibytes(need.Arena)}, inputs and results {Mebibytes(need.Runs)}), and {Mebibytes(capacity)} are available. {Advice(request, capacity)}");
        }

        // What other requests have left there, and other models, goes where it is in the way.
        _runner.Residency.Trim(capacity - need.Arena - need.Runs);
    }

    /// <summary>Whether all weights of a model can be brought in before its first request, and stay.</summary>
    /// <param name="usual">The request.</param>
    /// <exception cref="DeviceMemoryException">The device has too little memory for the weights alone.</exception>
    public bool HoldsWeights(ResolvedRequest usual)
    {
        usual = Choose(usual);
        MemoryNeed need = Need(usual);
        if (_runner.Capacity is { } capacity && need.Weights > capacity)
        {
            throw new DeviceMemoryException($"{_runner.Device.Name} needs {Mebibytes(need.Weights)} of memory for the weights of '{model.Parts.Name}' alone, and {Mebibytes(capacity)} are available. Use a smaller model{Elsewhere}.");
        }

        return !usual.HoldsOne;
    }

    // A device that reads the host's weights is the processor already.
    private bool OnHost => !_runner.Device.CopiesWeights;

    private string Elsewhere => $"{(OnHost ? "" : ", the processor (--device cpu),")} or {Close}";

    private string Close => OnHost ? "close other programs" : "close other programs that use the device";

    // In the order of what they cost. Weights that leave are brought in again for the next request, those that are streamed for every evaluation; where the decoder's do not fit beside the denoiser's, no picture of
    // several is there before all are painted.
    private ResolvedRequest Choose(ResolvedRequest request, long? capacity, ElementType? measured)
    {
        // A device that copies weights would copy them all.
        ModelParts parts = model.Parts;
        bool streams = OnHost;

        // What is larger in its file than the memory is not compiled to find that out.
        if (!streams || capacity is not { } most || (parts.TextWeights.All(weights => weights.Bytes <= most) && parts.NetworkWeights.Bytes * LeastInLoop <= most))
        {
            (bool One, bool Each)[] ways = [.. offload ? (ReadOnlySpan<(bool, bool)>)[] : [(false, false)], .. request.Groups > 1 ? (ReadOnlySpan<(bool, bool)>)[(true, true)] : [], (true, false)];
            foreach ((int i, (bool one, bool each)) in ways.Index())
            {
                bool last = !streams && i == ways.Length - 1;
                ResolvedRequest way = Decoding(request with { HoldsOne = one, DecodesEach = each }, capacity, measured, last);
                if (last || Fits(way, capacity, measured))
                {
                    return way;
                }
            }
        }

        return Decoding(request.Streaming(), capacity, measured, last: true);
    }

    // Whether there is room, and within the budget for the weights that are used at one time.
    private bool Fits(ResolvedRequest request, long? capacity, ElementType? measured)
    {
        IReadOnlyList<ComponentUse> uses = request.Uses(model, measured);
        return (capacity is null || MemoryNeed.Of(request, uses, model).Total <= capacity)
            && (_runner.Residency.Budget is not { } budget || ComponentUse.HeldAtOnce(uses, inFiles: true).All(held => held <= budget));
    }

    // Parts are not planned where they would not help either, but for the last resort, of which the need is told.
    private ResolvedRequest Decoding(ResolvedRequest request, long? capacity, ElementType? measured, bool last)
    {
        request = request with { DecodeMemory = null };
        if (request.Decoding.Tiny)
        {
            return request;
        }

        bool? asked = request.Request.VaeTiling;
        bool AtOnce() => model.Codec.FitsAtOnce(request.Key.Height, request.Key.Width) && (capacity is null || Need(request, measured).Total <= capacity);
        if (asked is false || (asked is null && AtOnce()))
        {
            return request;
        }

        MemoryNeed rest = MemoryNeed.Of(request, request.UsesWithoutDecoding(model, measured), model);
        if (!last && asked is null && rest.Total > capacity)
        {
            return request;
        }

        // What is looked at alone is whether the least would fit.
        if (measured is not null)
        {
            return request with { DecodeMemory = 0 };
        }

        // What is asked for without need takes no more than painting; what memory asks for takes what the rest leaves.
        long left = capacity is { } all ? Math.Max(0, all - rest.Weights - rest.Runs) : rest.Arena;
        return request with { DecodeMemory = Rung(asked is true ? Math.Min(left, rest.Arena) : left) };
    }

    // What is free differs by a little from one request to the next; plans, and so the pictures' last digits, shall not.
    private static long Rung(long bytes) => bytes <= 0 ? 0 : (long)Math.Pow(2, Math.Floor(4 * Math.Log2(bytes)) / 4);

    // From the graphs that will run, or from some that are compiled for this alone.
    private MemoryNeed Need(ResolvedRequest request, ElementType? measured = null) => MemoryNeed.Of(request, request.Uses(model, measured), model);

    private string Advice(ResolvedRequest request, long capacity)
    {
        bool Fits(ResolvedRequest smaller, ElementType type) => this.Fits(Choose(smaller, capacity, type), capacity, type);
        List<string> ways = [];
        int? batch = Largest(request.Key.Images - 1, images => Fits(WithImages(request, images), _runner.Type));
        if (batch is { } fitting)
        {
            ways.Add($"{Pictures(fitting)} at once");
        }

        ResolvedRequest least = batch is not null ? request : WithImages(request, 1);
        if (Largest(Steps(request), steps => Fits(WithSize(least, steps), _runner.Type)) is { } steps)
        {
            ResolvedRequest smaller = WithSize(least, steps);
            ways.Add($"{smaller.Width} x {smaller.Height} pixels{(request.Key.Images > 1 && least.Key.Images == 1 ? ", one picture at a time" : "")}");
        }

        if (_runner.Type == ElementType.F32 && _runner.Device.Capabilities.Stores.FirstOrDefault(type => type != ElementType.F32 && Fits(request, type)) is not ElementType.F32 and var narrow)
        {
            ways.Add($"activations of 16 bits (type {narrow.StorageName()})");
        }

        if (request.Request.VaeTiling is false && Fits(request with { Request = request.Request with { VaeTiling = null } }, _runner.Type))
        {
            ways.Add("decoding in parts (without vae tiling off)");
        }

        return ways.Count > 0
            ? $"Use a smaller picture or batch; these would fit: {string.Join("; ", ways)}. Or {(OnHost ? "" : "take the processor (--device cpu), or ")}{Close}."
            : $"No smaller picture or batch would fit either. Use a smaller model{Elsewhere}.";
    }

    // The largest number that fits, all below it fitting too; null if none does.
    private static int? Largest(int most, Func<int, bool> fits)
    {
        (int low, int high) = (0, most);
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = fits(middle) ? (middle, high) : (low, middle - 1);
        }

        return low > 0 ? low : null;
    }

    // Smaller sizes of the longer side.
    private static int Steps(ResolvedRequest request) => (Math.Max(request.Width, request.Height) - 1) / Step;

    private ResolvedRequest WithSize(ResolvedRequest request, int steps)
    {
        int longer = Math.Max(request.Width, request.Height);
        int Side(int side) => Math.Max(Step, (int)Math.Round((double)side * steps / longer) * Step);
        (int width, int height) = (Side(request.Width), Side(request.Height));
        return request.WithSize(width, height, model);
    }

    private static ResolvedRequest WithImages(ResolvedRequest request, int images) =>
        request.Painting(images) with { Request = request.Request with { BatchCount = images } };

    private static string Pictures(int images) => images == 1 ? "a picture" : $"{images} pictures";

    private static string Mebibytes(long bytes) => FormattableString.Invariant($"{Math.Ceiling(bytes / 1048576.0):0} MiB");
}
