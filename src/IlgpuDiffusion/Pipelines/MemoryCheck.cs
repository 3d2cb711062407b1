using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Refuses what does not fit a device's memory before anything of it is uploaded or computed, and says what would fit.</summary>
internal sealed class MemoryCheck(ModelParts model, ComponentRunner runner, TextEncoder text, Denoiser denoiser, LatentCodec codec)
{
    // Sizes that are tried are multiples of this: what models are trained at.
    private const int Step = 64;

    /// <exception cref="DeviceMemoryException">The device has too little memory for a request; the message says for which it has enough.</exception>
    public void Require(ResolvedRequest request)
    {
        if (Capacity() is not { } capacity)
        {
            return;
        }

        MemoryNeed need = Compiled(request);
        if (Takes(need) > capacity)
        {
            EvaluationKey key = request.Key;
            throw new DeviceMemoryException(
                $"{runner.Device.Name} needs {Mebibytes(Takes(need))} of memory for {Pictures(key.Images)} of {request.Width} x {request.Height} (weights {Mebibytes(need.Weights)}, activations {Mebibytes(need.Arena)}, inputs and results {Mebibytes(need.Runs)}), and {Mebibytes(capacity)} are available. {Advice(request, capacity)}");
        }
    }

    /// <exception cref="DeviceMemoryException">The device has too little memory for the weights alone.</exception>
    public void RequireWeights(ResolvedRequest usual)
    {
        MemoryNeed need = Compiled(usual);
        if (Capacity() is { } capacity && need.Weights > capacity)
        {
            throw new DeviceMemoryException($"{runner.Device.Name} needs {Mebibytes(need.Weights)} of memory for the weights of '{model.Name}' alone, and {Mebibytes(capacity)} are available. Use a smaller model{Elsewhere}.");
        }
    }

    // A device that reads the host's weights is the processor already.
    private bool OnHost => !runner.Device.CopiesWeights;

    private string Elsewhere => $"{(OnHost ? "" : ", the processor (--device cpu),")} or {Close}";

    private string Close => OnHost ? "close other programs" : "close other programs that use the device";

    /// <summary>How a request's pictures are decoded in the memory that the weights leave.</summary>
    public DecoderChoice Decoder(ResolvedRequest request)
    {
        MemoryReport[] others = [Text(request).Memory, denoiser.Executable(request.Key).Memory];
        long weights = others.Sum(report => report.Prepared + (OnHost ? 0 : report.Weights)) + codec.WeightBytes;
        DecoderChoice Choose(long? budget) => codec.Decoder(request.Key.Height, request.Key.Width, budget, request.AutoencoderTile / model.Vae.Config.Factor);
        DecoderChoice choice = Choose(Capacity() - Math.Max(weights, runner.Residency.Held));

        // With what a run takes beside it may be too much after all.
        return Capacity() is { } capacity && Takes(Compiled(request, choice)) > capacity ? Choose(0) : choice;
    }

    // Bytes that the device has left, and those that this pipeline has already.
    private long? Capacity() => runner.Device.AvailableMemory is { } available ? available + runner.Residency.Held + runner.Lane.ArenaBytes : null;

    // Weights and activations of earlier requests stay.
    private long Takes(MemoryNeed need) => Math.Max(need.Weights, runner.Residency.Held) + need.Arena + need.Runs;

    // From the graphs that will run.
    private MemoryNeed Compiled(ResolvedRequest request) => Compiled(request, Decoder(request));

    private MemoryNeed Compiled(ResolvedRequest request, DecoderChoice decoder)
    {
        EvaluationKey key = request.Key;
        RequestParts parts = new(
            Text(request).Memory,
            request.Request.InitImage is null ? null : codec.Executable(key.Height, key.Width, encode: true).Memory,
            denoiser.Executable(key).Memory,
            decoder.Memory);
        return MemoryNeed.Of(request, parts, model, runner.Device.CopiesWeights);
    }

    private Graphs.Execution.Executable Text(ResolvedRequest request) => text.Executable(request.Prompts.Sum(prompt => prompt.Chunks.Count), request.SkippedLayers);

    // From graphs that are compiled for this alone.
    private MemoryNeed Measure(ResolvedRequest request, ElementType type)
    {
        EvaluationKey key = request.Key;
        ElementType codecType = type == runner.Type || !model.Family.VaeTypes.Contains(type) ? codec.Type : type;
        RequestParts parts = new(
            Text(request).Memory,
            request.Request.InitImage is null ? null : codec.MeasureEncoder(key.Height, key.Width, codecType),
            denoiser.Measure(key, type).Memory,
            codec.MeasureDecoder(key.Height, key.Width, codecType));
        return MemoryNeed.Of(request, parts, model, runner.Device.CopiesWeights);
    }

    private string Advice(ResolvedRequest request, long capacity)
    {
        bool Fits(ResolvedRequest smaller, ElementType type) => Takes(Measure(smaller, type)) <= capacity;
        List<string> ways = [];
        int? batch = Largest(request.Key.Images - 1, images => Fits(WithImages(request, images), runner.Type));
        if (batch is { } fitting)
        {
            ways.Add($"{Pictures(fitting)} at once");
        }

        ResolvedRequest least = batch is not null ? request : WithImages(request, 1);
        if (Largest(Steps(request), steps => Fits(WithSize(least, steps), runner.Type)) is { } steps)
        {
            ResolvedRequest smaller = WithSize(least, steps);
            ways.Add($"{smaller.Width} x {smaller.Height} pixels{(request.Key.Images > 1 && least.Key.Images == 1 ? ", one picture at a time" : "")}");
        }

        if (runner.Type == ElementType.F32 && runner.Device.Capabilities.Stores.FirstOrDefault(type => type != ElementType.F32 && Fits(request, type)) is not ElementType.F32 and var narrow)
        {
            ways.Add($"activations of 16 bits (type {narrow.StorageName()})");
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
        int factor = model.Vae.Config.Factor;
        return request.WithSize(width, height, factor, denoiser.Survey);
    }

    private static ResolvedRequest WithImages(ResolvedRequest request, int images) =>
        request with { Request = request.Request with { BatchCount = images }, Key = request.Key with { Images = images } };

    private static string Pictures(int images) => images == 1 ? "a picture" : $"{images} pictures";

    private static string Mebibytes(long bytes) => FormattableString.Invariant($"{Math.Ceiling(bytes / 1048576.0):0} MiB");
}
