using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>An opened text encoder: headers, no weight read.</summary>
/// <param name="Name">What people read.</param>
/// <param name="Model">The network.</param>
/// <param name="Load">Its tokenizer.</param>
/// <param name="Weights">Its weights.</param>
internal sealed record TextPart(string Name, ClipTextModel Model, TokenizerLoad<ClipTokenizer> Load, WeightStore Weights)
{
    /// <summary>Text to its ids.</summary>
    public ClipTokenizer Tokenizer => Load.Tokenizer;
}
