using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>An opened T5 encoder: headers, no weight read.</summary>
/// <param name="Name">What people read.</param>
/// <param name="Model">The network.</param>
/// <param name="Tokenizer">Text to its ids.</param>
/// <param name="Weights">Its weights.</param>
internal sealed record T5Part(string Name, T5EncoderModel Model, T5Tokenizer Tokenizer, WeightStore Weights);
