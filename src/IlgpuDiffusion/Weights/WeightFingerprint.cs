using System.Security.Cryptography;
using System.Text;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>Tells weights from others without reading all of them: names, types and shapes of all tensors, and the first and last bytes of each.</summary>
internal static class WeightFingerprint
{
    private const int Sampled = 512;

    /// <summary>The fingerprint of some stores together, 32 hexadecimal digits.</summary>
    public static unsafe string Of(params IEnumerable<WeightStore> stores)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte* sample = stackalloc byte[Sampled];
        foreach (WeightTensor tensor in stores.SelectMany(store => store.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name} {tensor.Type} {string.Join('x', tensor.Shape.ToArray())}\n"));
            if (tensor.HasData && tensor.Bytes > 0)
            {
                int length = (int)Math.Min(Sampled, tensor.Bytes), count = length / tensor.Type.Size();
                foreach (long start in (long[])[0, tensor.Count - count])
                {
                    tensor.CopyTo(start, count, sample);
                    hash.AppendData(new ReadOnlySpan<byte>(sample, length));
                }
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}
