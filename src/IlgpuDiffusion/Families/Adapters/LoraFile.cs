using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>An opened LoRA file.</summary>
internal sealed class LoraFile : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly MadeTensors _made = new();
    private readonly Dictionary<string, WeightTensor> _ups = new(StringComparer.Ordinal);

    private LoraFile(SafetensorsFile file, string identity)
    {
        (_file, Identity) = (file, identity);
        Dictionary<string, (WeightTensor? Down, WeightTensor? Up, WeightTensor? Alpha)> modules = new(StringComparer.Ordinal);
        foreach (WeightTensor tensor in file.Tensors.Values)
        {
            if (LoraNames.OtherKind(tensor.Name) is { } kind)
            {
                throw new ModelFileException(Path, $"'{Path}' is {kind} (tensor '{tensor.Name}'), which is not supported. Supported are LoRAs, of linear layers and convolutions.");
            }

            (string module, LoraPart part) = LoraNames.Parse(tensor.Name) ?? throw new ModelFileException(Path, $"'{Path}', tensor '{tensor.Name}' is of no LoRA in a layout that is known (kohya, diffusers, PEFT). {ModelFile.Seen(new CheckpointTensors(file))}");
            (WeightTensor? Down, WeightTensor? Up, WeightTensor? Alpha) known = modules.GetValueOrDefault(module);
            modules[module] = part switch
            {
                LoraPart.Down => known with { Down = tensor },
                LoraPart.Up => known with { Up = tensor },
                _ => known with { Alpha = tensor },
            };
        }

        Modules = [.. modules.Select(module => Module(module.Key, module.Value.Down, module.Value.Up, module.Value.Alpha))];
    }

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>The file's state: one that was written anew is another.</summary>
    public string Identity { get; }

    /// <summary>The modules that it changes.</summary>
    public IReadOnlyList<LoraModule> Modules { get; }

    /// <exception cref="ModelFileException">It is no safetensors file, or no LoRA.</exception>
    public static LoraFile Open(string path, string identity)
    {
        if (ForeignFormats.LooksLikePickle(path))
        {
            throw ForeignFormats.Pickle(path);
        }

        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            return new LoraFile(file, identity);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The rows of a module's "up" that are a weight's, in its order.</summary>
    public WeightTensor UpOf(LoraModule module, LoraTarget target)
    {
        long rows = target.Weight.Shape[0];
        if (rows == module.Up.Shape[0] && !target.Swapped)
        {
            return module.Up;
        }

        string name = $"{module.Up.Name}#{target.Weight.Name}";
        if (!_ups.TryGetValue(name, out WeightTensor? up))
        {
            up = module.Up.Rows(name, target.Start, rows);
            _ups.Add(name, up = target.Swapped ? _made.SwappedHalves(name, up) : up);
        }

        return up;
    }

    public void Dispose()
    {
        _made.Dispose();
        _file.Dispose();
    }

    private LoraModule Module(string name, WeightTensor? down, WeightTensor? up, WeightTensor? alpha)
    {
        if (down is null || up is null)
        {
            throw new ModelFileException(Path, $"'{Path}': the module '{name}' lacks its {(down is null ? "down" : "up")} tensor. The file is damaged; fetch it again.");
        }

        int rank = down.Shape.Length is 2 or 4 ? (int)down.Shape[0] : 0;
        bool fits = rank > 0 && up.Shape.Length is 2 or 4 && up.Shape[1] == rank && up.Count == up.Shape[0] * rank && (alpha is null || alpha.Count == 1);
        if (!fits)
        {
            throw new ModelFileException(Path, $"'{Path}': the tensors of the module '{name}' do not fit each other: {down}, {up}{(alpha is null ? "" : $", {alpha}")}.");
        }

        return new LoraModule(name, _made.Transposed($"{Identity}#{down.Name} transposed", down), up.Renamed($"{Identity}#{up.Name}"), rank, [.. down.Shape[1..]], alpha is null ? 1 : alpha.ToSingles()[0] / rank);
    }
}

/// <summary>What a LoRA changes in one module.</summary>
/// <param name="Name">The module as the file calls it.</param>
/// <param name="Down">[K…, r].</param>
/// <param name="Up">[N, r].</param>
/// <param name="Rank">r.</param>
/// <param name="Inputs">K…: inputs, or inputs and the sides of a kernel.</param>
/// <param name="Scale">α / r.</param>
internal sealed record LoraModule(string Name, WeightTensor Down, WeightTensor Up, int Rank, IReadOnlyList<long> Inputs, double Scale)
{
    /// <summary>Whether it fits weights whose rows follow each other: [N, K], [N, I, kh, kw], or a 1 × 1 convolution as a matrix.</summary>
    public bool Fits(IReadOnlyList<LoraTarget> targets) =>
        targets.Sum(target => target.Weight.Shape[0]) == Up.Shape[0] && targets.All(target => Trimmed(target.Weight.Shape[1..].ToArray()).SequenceEqual(Trimmed(Inputs)));

    private static IEnumerable<long> Trimmed(IReadOnlyList<long> sizes) => sizes is [var inputs, 1, 1] ? [inputs] : sizes;
}
