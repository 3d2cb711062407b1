using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>What a file holds, network by network.</summary>
/// <param name="What">What people call it.</param>
/// <param name="Layout">How its tensors are named; empty for those that no network has.</param>
/// <param name="Tensors">Its tensors under the file's names.</param>
internal sealed record FilePart(string What, string Layout, IReadOnlyList<WeightTensor> Tensors)
{
    /// <summary>The networks of a file of a family that runs here, and what is left; none of another.</summary>
    public static IReadOnlyList<FilePart> Of(CheckpointTensors file)
    {
        ModelIdentity identity = ModelIdentifier.Identify(file.All);
        if (Family.All.FirstOrDefault(family => identity.HoldsDenoiser && family.Checkpoint?.Identities.Contains(identity.Family) == true) is not { } family)
        {
            return [];
        }

        List<WeightTensor> rest = [.. file.All];
        List<FilePart> parts = [];
        foreach (CheckpointPart part in family.Checkpoint!.Parts)
        {
            if (file.Find(part.Kind, part.Prefixes) is { } found)
            {
                WeightTensor[] own = [.. rest.Where(tensor => tensor.Name.StartsWith(found.Prefix, StringComparison.Ordinal))];
                parts.Add(new FilePart(part.What, found.Layout.Name, own));
                rest.RemoveAll(own.Contains);
            }
        }

        return rest.Count == 0 ? parts : [.. parts, new FilePart("other tensors", "", rest)];
    }
}
