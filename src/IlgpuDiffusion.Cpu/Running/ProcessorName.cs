using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace IlgpuDiffusion.Cpu;

/// <summary>What the processor calls itself.</summary>
internal static class ProcessorName
{
    private const int BrandLeaf = unchecked((int)0x80000002), Highest = unchecked((int)0x80000000);

    public static string Text { get; } = Read();

    private static string Read()
    {
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(Highest, 0).Eax < 0x80000004)
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }

        Span<int> words = stackalloc int[12];
        for (int i = 0; i < 3; i++)
        {
            (words[4 * i], words[(4 * i) + 1], words[(4 * i) + 2], words[(4 * i) + 3]) = X86Base.CpuId(BrandLeaf + i, 0);
        }

        string text = Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words)).TrimEnd('\0', ' ').TrimStart();
        return text.Length > 0 ? text : RuntimeInformation.ProcessArchitecture.ToString();
    }
}
