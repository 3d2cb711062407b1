using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>The group norms of a model that is built for a part of a picture: they take the whole picture's statistics from inputs, one each in the order of building.</summary>
/// <param name="picture">The whole picture's grid at the place where the part enters.</param>
/// <param name="part">The part's grid there.</param>
internal sealed class PartNorms(Grid picture, Grid part)
{
    private readonly List<Value> _normed = [];

    /// <summary>What is normed, in the order of building.</summary>
    public IReadOnlyList<Value> Normed => _normed;

    /// <summary>The input that holds a norm's sums over the whole picture, F64 [1, 1, 1, 2C].</summary>
    public static string Sums(int norm) => $"norm.{norm}";

    /// <summary>The group norm of x with γ, β.</summary>
    public Value GroupNorm(Value x, Value gamma, Value beta, int groups, double epsilon, string path)
    {
        int rows = x.Shape.Height / part.Height, columns = x.Shape.Width / part.Width;
        Value sums = x.Graph.Input(Sums(_normed.Count), new TensorType(new Shape(1, 1, 1, 2 * x.Channels), ElementType.F64), Stage.Request);
        _normed.Add(x);
        return x.GroupNorm(sums, picture.Height * rows * picture.Width * columns, gamma, beta, groups, epsilon, path);
    }
}
