using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A way to name the tensors of a network in a file.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Sign">A tensor that every such file has, without the prefix of the network.</param>
/// <param name="Canonical">The tensors under diffusers' names. What it does not know keeps its name, so that the network's check names it; what no network needs is left out.</param>
internal sealed record PartLayout(string Name, string Sign, Func<IReadOnlyList<WeightTensor>, MadeTensors, IEnumerable<WeightTensor>> Canonical)
{
    /// <summary>A layout that is a table of beginnings of names, each with what it becomes.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="sign">A tensor that every such file has.</param>
    /// <param name="table">The table for a file's tensors.</param>
    public static PartLayout OfTable(string name, string sign, Func<IReadOnlyList<WeightTensor>, KeyTable> table) => new(name, sign, (tensors, made) =>
    {
        KeyTable keys = table(tensors);
        return tensors.SelectMany(tensor => keys.Canonical(tensor, made));
    });

    /// <summary>A layout that has diffusers' or transformers' own names.</summary>
    public static PartLayout Canonically(string name, string sign) => new(name, sign, (tensors, _) => tensors);
}
