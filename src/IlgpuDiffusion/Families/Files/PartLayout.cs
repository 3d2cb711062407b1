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
    /// <param name="table">The table for a file's names.</param>
    public static PartLayout OfTable(string name, string sign, Func<IReadOnlyCollection<string>, KeyTable> table) => new(name, sign, (tensors, _) =>
    {
        KeyTable keys = table([.. tensors.Select(tensor => tensor.Name)]);
        return tensors.Select(tensor => tensor.Renamed(keys.Canonical(tensor.Name)));
    });
}
