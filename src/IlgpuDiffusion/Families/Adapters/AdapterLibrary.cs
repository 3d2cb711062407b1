using System.Globalization;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A LoRA to use.</summary>
/// <param name="Path">The file.</param>
/// <param name="Weight">How strongly the denoiser is changed.</param>
/// <param name="TextWeight">How strongly the text encoders are.</param>
internal sealed record AdapterUse(string Path, double Weight, double TextWeight);

/// <summary>The LoRAs that a model was run with: opened once, matched to its networks. On any thread.</summary>
/// <param name="parts">The model.</param>
/// <param name="folder">Where LoRAs that prompts name are looked for, or null.</param>
/// <param name="embeddings">Where embeddings that prompts name are looked for, or null.</param>
internal sealed class AdapterLibrary(ModelParts parts, string? folder = null, string? embeddings = null) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LoraFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LearnedEmbedding> _embeddings = new(StringComparer.Ordinal);
    private readonly Dictionary<int, LoraTargets> _targets = [];

    /// <summary>The file of a LoRA that a prompt names: in the folder or one inside it, by its name without extension.</summary>
    /// <exception cref="FormatException">There is none, or several.</exception>
    public string Find(string name)
    {
        if (folder is null)
        {
            throw new FormatException($"it names the LoRA '{name}'. Say in which folder LoRAs are, with --lora-dir (PipelineOptions.LoraFolder), or take it out.");
        }

        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.safetensors", SearchOption.AllDirectories) : throw new FormatException($"the folder of LoRAs '{folder}' does not exist.");
        string[] found = [.. files.Where(file => string.Equals(Path.GetFileNameWithoutExtension(file), name, StringComparison.OrdinalIgnoreCase))];
        return found switch
        {
            [var only] => only,
            [] => throw new FormatException($"there is no LoRA '{name}' in '{folder}'.{NearestName.Suggest(name, files.Select(file => Path.GetFileNameWithoutExtension(file)))}"),
            _ => throw new FormatException($"there are several LoRAs '{name}' in '{folder}': {string.Join(", ", found.Order(StringComparer.Ordinal))}. Rename one, or give it with --lora."),
        };
    }

    /// <summary>What LoRAs change together.</summary>
    /// <exception cref="ModelFileException">A file is not there, is no LoRA, or changes a module that the model does not have.</exception>
    public AdapterSet Of(IReadOnlyList<AdapterUse> uses)
    {
        if (uses.Count == 0)
        {
            return AdapterSet.None;
        }

        lock (_lock)
        {
            Dictionary<int, Dictionary<string, IReadOnlyList<WeightChange>>> changes = [];
            List<string> identity = [];
            foreach (AdapterUse use in uses)
            {
                LoraFile file = Open(use.Path);
                identity.Add(string.Create(CultureInfo.InvariantCulture, $"{file.Identity}*{use.Weight:R}*{use.TextWeight:R}"));
                foreach (LoraModule module in file.Modules)
                {
                    (int network, IReadOnlyList<LoraTarget> targets) = Find(file, module);
                    double factor = module.Scale * (network == LoraNames.Denoiser ? use.Weight : use.TextWeight);
                    foreach (LoraTarget target in factor != 0 ? targets : [])
                    {
                        changes.TryAdd(network, new(StringComparer.Ordinal));
                        string name = target.Weight.Name;
                        changes[network][name] = [.. changes[network].GetValueOrDefault(name, []), new WeightChange(file.UpOf(module, target), module.Down, factor)];
                    }
                }
            }

            return new AdapterSet(changes.ToDictionary(pair => Network(pair.Key)!, pair => new WeightChanges(string.Join('|', identity), pair.Value)));
        }
    }

    /// <summary>The learned embeddings of these files, and those of the folder whose words the prompts have.</summary>
    /// <exception cref="ModelFileException">A file is not there, holds no embedding, or one for other text encoders.</exception>
    public IReadOnlyList<LearnedEmbedding> Embeddings(IReadOnlyList<string> files, params IReadOnlyList<string> prompts)
    {
        lock (_lock)
        {
            List<LearnedEmbedding> result = [.. files.Select(Embedding)];
            if (embeddings is not null)
            {
                string[] found = Directory.Exists(embeddings) ? Directory.GetFiles(embeddings, "*.safetensors", SearchOption.AllDirectories) : throw new ModelFileException(embeddings, $"The folder of embeddings '{embeddings}' does not exist.");
                result.AddRange(found.Order(StringComparer.Ordinal).Select(Embedding).Where(e => prompts.Any(prompt => prompt.Contains(e.Word, StringComparison.OrdinalIgnoreCase))));
            }

            result = [.. result.DistinctBy(e => e.File)];
            foreach (IGrouping<string, LearnedEmbedding> same in result.GroupBy(e => e.Word, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            {
                throw new ModelFileException(same.Last().File, $"Several embeddings are called '{same.Key}': {string.Join(", ", same.Select(e => $"'{e.File}'"))}. Rename one.");
            }

            foreach (LearnedEmbedding embedding in result)
            {
                int[] missing = [.. parts.TextWidths.Where(width => embedding.Of(width) is null)];
                if (missing.Length > 0)
                {
                    throw new ModelFileException(embedding.File, $"'{embedding.File}' holds vectors of {string.Join(" and ", embedding.Vectors.Select(rows => rows[0].Length))} numbers, and the text encoders of '{parts.Name}' ({parts.Family.Name}) have {string.Join(" and ", parts.TextWidths)}: it was made for another family.");
                }
            }

            return result;
        }
    }

    public void Dispose()
    {
        foreach (LoraFile file in _files.Values)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    private LoraFile Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new ModelFileException(path, $"The LoRA '{path}' does not exist.");
        }

        string identity = StoredWeights.State(path);
        if (!_files.TryGetValue(identity, out LoraFile? file))
        {
            _files.Add(identity, file = LoraFile.Open(path, identity));
        }

        return file;
    }

    private LearnedEmbedding Embedding(string path)
    {
        if (!File.Exists(path))
        {
            throw new ModelFileException(path, $"The embedding '{path}' does not exist.");
        }

        string identity = StoredWeights.State(path);
        return _embeddings.TryGetValue(identity, out LearnedEmbedding? known) ? known : _embeddings[identity] = EmbeddingFile.Read(path);
    }

    private (int Network, IReadOnlyList<LoraTarget> Targets) Find(LoraFile file, LoraModule module)
    {
        (int network, string name) = LoraNames.Split(module.Name);
        if (Network(network) is null)
        {
            throw new ModelFileException(file.Path, $"'{file.Path}' changes '{module.Name}', and '{parts.Name}' ({parts.Family.Name}) has no such text encoder: it was made for another family.");
        }

        if (network != LoraNames.Denoiser && ModelParts.TokenWidth(Network(network)!) is null)
        {
            throw new ModelFileException(file.Path, $"'{file.Path}' changes '{module.Name}' of a T5 text encoder, which is not supported; CLIP's text encoders and the denoiser are.");
        }

        LoraTargets modules = Targets(network);
        IReadOnlyList<LoraTarget> targets = modules.Find(name)
            ?? throw new ModelFileException(file.Path, $"'{file.Path}' changes '{module.Name}', which '{parts.Name}' ({parts.Family.Name}) does not have.{NearestName.Suggest(name, modules.Names)} Was it made for another family?");
        return module.Fits(targets) ? (network, targets)
            : throw new ModelFileException(file.Path, $"'{file.Path}': '{module.Name}' is for a weight of [{module.Up.Shape[0]}, {string.Join(", ", module.Inputs)}], and that of '{parts.Name}' ({parts.Family.Name}) is {string.Join(" over ", targets.Select(target => target.Weight))}: it was made for another family.");
    }

    private WeightStore? Network(int number) => number == LoraNames.Denoiser ? parts.NetworkWeights : parts.TextEncoder(number);

    private LoraTargets Targets(int network)
    {
        if (!_targets.TryGetValue(network, out LoraTargets? targets))
        {
            targets = _targets[network] = new LoraTargets(Network(network)!, network == LoraNames.Denoiser ? parts.Family.Checkpoint?.Parts[0].Kind.Originals : null);
        }

        return targets;
    }
}
