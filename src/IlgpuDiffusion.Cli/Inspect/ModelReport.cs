using System.Globalization;

using IlgpuDiffusion.Families;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>inspect</c> finds.</summary>
internal sealed record ModelReport(string Path, string Kind, ModelIdentity Identity, IReadOnlyList<PartReport> Parts, IReadOnlyList<string> Faults, string Runs)
{
    private const string IndexName = "model_index.json";
    private const string PartOfAModel = "not alone: it is a part of a model";

    /// <param name="path">A safetensors file, a model folder, or the folder of one component.</param>
    /// <param name="variant">Which variant of the weight files, or null.</param>
    public static ModelReport Read(string path, string? variant = null) => Directory.Exists(path) && File.Exists(System.IO.Path.Combine(path, IndexName)) ? ReadFolder(path, variant) : ReadWeights(path, variant);

    public void Write(TextWriter output, bool listTensors)
    {
        output.WriteLine($"{Path}: {Kind}");
        output.WriteLine($"family: {Identity.Family} ({Identity.Reason})");
        output.WriteLine($"runs here: {Runs}");
        output.WriteLine();
        List<string[]> rows = [["part", "kind", "tensors", "parameters", "size", "types"]];
        rows.AddRange(Parts.Select(p => p.Count == 0
            ? [p.Name, p.Kind, string.Empty, string.Empty, string.Empty, string.Empty]
            : Row(p.Name, p.Kind, p.Count, p.Parameters, p.Bytes, p.Types)));
        if (Parts.Count > 1)
        {
            rows.Add(Row("all", string.Empty, Parts.Sum(p => p.Count), Parts.Sum(p => p.Parameters), Parts.Sum(p => p.Bytes), string.Empty));
        }

        TextTable.Write(output, rows, "llrrrl");
        foreach (PartReport part in listTensors ? Parts.Where(p => p.Count > 0) : [])
        {
            output.WriteLine();
            output.WriteLine($"{part.Name}:");
            foreach (string tensor in part.Tensors)
            {
                output.WriteLine($"  {tensor}");
            }
        }
    }

    private static string[] Row(string name, string kind, int count, long parameters, long bytes, string types) =>
        [name, kind, count.ToString(CultureInfo.InvariantCulture), Units.Count(parameters), Units.Bytes(bytes), types];

    private static ModelReport ReadFolder(string path, string? variant)
    {
        ModelFolder folder = ModelFolder.Open(path);
        List<PartReport> parts = [];
        List<string> faults = [];
        foreach (ModelComponent component in folder.Components.Values)
        {
            if (!HasWeights(component))
            {
                parts.Add(PartReport.WithoutWeights(component.Name, component.ClassName));
                continue;
            }

            try
            {
                _ = folder.Component(component.Name);
                using WeightStore store = folder.Weights(component.Name, new WeightOptions { Variant = variant });
                parts.Add(PartReport.Of(component.Name, component.ClassName, [.. store.Tensors]));
            }
            catch (ModelFileException e)
            {
                parts.Add(PartReport.WithoutWeights(component.Name, $"{component.ClassName}, not readable"));
                faults.Add(e.Message);
            }
        }

        PartReport? denoiser = parts.FirstOrDefault(p => p.Name is "unet" or "transformer") ?? parts.FirstOrDefault(p => p.Identity is not null);
        return new ModelReport(path, $"diffusers folder, {folder.PipelineClass}", denoiser?.Identity ?? ModelIdentity.Unknown, parts, faults, Try(path, variant));
    }

    // The model is opened and checked, and nothing is computed.
    private static string Try(string path, string? variant, IReadOnlyList<string>? lacking = null)
    {
        try
        {
            DiffusionPipeline.Open(path, new PipelineOptions { Variant = variant, Threads = 1 }).DisposeAsync().AsTask().GetAwaiter().GetResult();
            return "yes";
        }
        catch (MissingPartException) when (lacking is { Count: > 0 })
        {
            return $"with networks from other files: {string.Join(", ", lacking)}";
        }
        catch (Exception e) when (e is ModelFileException or InvalidDataException or NotSupportedException)
        {
            return $"no. {e.Message}";
        }
    }

    private static ModelReport ReadWeights(string path, string? variant)
    {
        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(path));
        if (Directory.Exists(path))
        {
            using WeightStore store = WeightStore.Open(path, new WeightOptions { Variant = variant });
            PartReport only = PartReport.Of(name, null, [.. store.Tensors]);
            return new ModelReport(path, "component folder", only.Identity!, [only], [], Beside(only.Identity!) ?? PartOfAModel);
        }

        using ITensorFile file = TensorFile.Open(path);
        CheckpointTensors tensors = new(file);
        PartReport whole = PartReport.Of(name, null, [.. tensors.All]);
        PartReport[] parts = [.. FilePart.Of(tensors).Select(part => PartReport.Of(part.What, part.Layout, part.Tensors))];
        return new ModelReport(path, $"{file.Format} file, {whole.Kind}", whole.Identity!, parts.Length > 0 ? parts : [whole], [], OfLora(path, whole, tensors) ?? Beside(whole.Identity!) ?? (whole.Identity!.Family == "any" ? PartOfAModel : Try(path, variant, ModelFile.Lacking(tensors))));
    }

    // Layouts that are not read are told by opening it.
    private static string? OfLora(string path, PartReport part, CheckpointTensors tensors)
    {
        if (part.Identity!.Option != "lora")
        {
            return null;
        }

        try
        {
            LoraFile.Open(path, path).Dispose();
            return $"{Beside(part.Identity)}; {LoraReport.Line(tensors.All)}";
        }
        catch (ModelFileException e)
        {
            return $"no. {e.Message}";
        }
    }

    private static string? Beside(ModelIdentity identity) => identity.Option is { } option ? $"not alone: give it beside a model, with --{option}{(option == "controlnet" ? " and --control-image" : "")}" : null;

    private static bool HasWeights(ModelComponent component) =>
        !component.Name.StartsWith("scheduler", StringComparison.Ordinal) && !component.Name.StartsWith("tokenizer", StringComparison.Ordinal) && component.Name != "feature_extractor";
}
