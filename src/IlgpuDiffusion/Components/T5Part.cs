using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>An opened T5 encoder: headers, no weight read.</summary>
/// <param name="Name">What people read.</param>
/// <param name="Model">The network.</param>
/// <param name="Load">Its tokenizer.</param>
/// <param name="Weights">Its weights.</param>
internal sealed record T5Part(string Name, T5EncoderModel Model, TokenizerLoad<T5Tokenizer> Load, WeightStore Weights)
{
    /// <summary>Text to its ids.</summary>
    public T5Tokenizer Tokenizer => Load.Tokenizer;
}
