using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>Tells weights, and what is added to them, from others without reading all of them: names, types and shapes of tensors, and the first and last bytes of each.</summary>
internal sealed class WeightFingerprint : IDisposable
{
    private const int Sampled = 512;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The fingerprint of some stores together, 32 hexadecimal digits.</summary>
    public static string Of(params IEnumerable<WeightStore> stores)
    {
        using WeightFingerprint fingerprint = new();
        foreach (WeightStore store in stores)
        {
            // Else megabytes would be read ahead at both ends of every tensor.
            store.ReadSparsely(true);
            try
            {
                foreach (WeightTensor tensor in store.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
                {
                    fingerprint.Add(tensor.Name, tensor);
                }
            }
            finally
            {
                store.ReadSparsely(false);
            }
        }

        return fingerprint.Text();
    }

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">What it is called; where it lies does not matter.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="factor">By what it is multiplied.</param>
    public unsafe void Add(string name, WeightTensor tensor, double factor = 1)
    {
        _hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {tensor.Type} {string.Join('x', tensor.Shape.ToArray())}{(factor == 1 ? "" : $" {factor:R}")}\n")));
        if (tensor.HasData && tensor.Bytes > 0)
        {
            // What is made when it is read is not made for that.
            int length = (int)Math.Min(Sampled, tensor.Bytes), count = length / tensor.Type.Size();
            byte* sample = stackalloc byte[Sampled];
            foreach (long start in (long[])[0, tensor.Count - count])
            {
                tensor.CopyTo(start, count, sample);
                _hash.AppendData(new ReadOnlySpan<byte>(sample, length));
            }
        }
    }

    /// <summary>What was added, 32 hexadecimal digits; it begins anew.</summary>
    public string Text() => Convert.ToHexStringLower(_hash.GetHashAndReset().AsSpan(0, 16));

    public void Dispose() => _hash.Dispose();
}
