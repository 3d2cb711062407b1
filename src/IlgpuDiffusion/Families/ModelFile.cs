using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Says of a file that was given for a model's folder what it is.</summary>
internal static class ModelFile
{
    /// <exception cref="ModelFileException">Always where the path is a safetensors file.</exception>
    public static void Refuse(string path)
    {
        ModelIdentity identity;
        try
        {
            if (!File.Exists(path))
            {
                return;
            }

            using WeightStore store = WeightStore.Open(path);
            identity = ModelIdentifier.Identify(store.Tensors);
        }
        catch (ModelFileException)
        {
            // The folder's own error says what is wrong with the file.
            return;
        }

        if (!identity.Part.Contains("checkpoint", StringComparison.Ordinal))
        {
            string what = identity.Part == ModelIdentity.Unknown.Part ? "no model that is known" : $"a {identity.Part}{(identity.Family is "unknown" or "any" ? string.Empty : $" of {identity.Family}")}";
            throw new ModelFileException(path, $"'{path}' is {what} ({identity.Reason}), not a whole model. Give the model's diffusers folder, which holds model_index.json.");
        }
    }
}
