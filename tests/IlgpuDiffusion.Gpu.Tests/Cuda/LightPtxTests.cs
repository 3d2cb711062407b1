using System.Reflection;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>The code that ILGPU makes of kernels whose time is the memory's: accesses of 16 bytes, everything in registers, nothing called, no division by integers.</summary>
[TestClass]
public sealed class LightPtxTests
{
    private static readonly Type[][] Types = [[typeof(float), typeof(Float32Format)], [typeof(ushort), typeof(CudaFloat16Format)], [typeof(ushort), typeof(BFloat16Format)]];

    // What an item reads and writes at once: eights of the stored type, eights of tables, eights written.
    private static readonly (string Name, Type Kernel, string Method, Type[] First, int Reads, int Tables, int Writes)[] Typed =
    [
        ("scale, shift, SiLU", typeof(ElementKernel), nameof(ElementKernel.Run3), [typeof(ScaleShiftMap<Silu>)], 1, 2, 1),
        ("norm", typeof(ElementKernel), nameof(ElementKernel.Run5), [typeof(NormalizeMap)], 1, 2, 1),
        ("gate", typeof(ElementKernel), nameof(ElementKernel.Run2), [typeof(GatedMap<Gelu>)], 2, 0, 1),
        ("affine", typeof(ElementKernel), nameof(ElementKernel.Run1), [typeof(AffineMap)], 1, 0, 1),
        ("slots of groups", typeof(GroupNormKernel), nameof(GroupNormKernel.Slots), [], 8, 0, 0),
        ("shares of rows", typeof(RowStatisticsKernel), nameof(RowStatisticsKernel.Shares), [], 1, 0, 0),
    ];

    public static IEnumerable<object[]> Kernels => Typed.SelectMany(kernel => Types.Select(types => new object[] { kernel.Name, types[1].Name }));

    [TestMethod]
    [DynamicData(nameof(Kernels))]
    public void EightNumbersAreReadAndWrittenInWideAccesses(string name, string type)
    {
        (_, Type kernel, string method, Type[] first, int reads, int tables, int writes) = Typed.Single(kernel => kernel.Name == name);
        Type[] stored = Types.Single(types => types[1].Name == type);
        int wide = type == nameof(Float32Format) ? 2 : 1;
        Check($"{name} {type}", kernel.GetMethod(method)!.MakeGenericMethod([.. first, .. stored]), (reads * wide) + (2 * tables), writes * wide);
    }

    [TestMethod]
    public void CopiesMove16BytesAtOnce()
    {
        Check("row copy", typeof(RowCopyKernel).GetMethod(nameof(RowCopyKernel.Run))!.MakeGenericMethod(typeof(U4)), 1, 1);
        Check("resize", typeof(UpsampleKernel).GetMethod(nameof(UpsampleKernel.Run))!.MakeGenericMethod(typeof(U4)), 1, 1);
    }

    private static void Check(string name, MethodInfo method, int reads, int writes)
    {
        string ptx = PtxLab.Compile(name, method, default);
        string code = ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..];
        string[] blocks = Regex.Split(code, @"^\s*L_\d+:", RegexOptions.Multiline);
        Assert.IsTrue(
            blocks.Any(block => Regex.Count(block, @"\bld(\.global)?\.v4\.[bf]32") == reads && Regex.Count(block, @"\bst(\.global)?\.v4\.[bf]32") == writes),
            $"{name}: no block without branches has {reads} wide reads and {writes} wide writes.");
        Assert.IsFalse(ptx.Contains(".local", StringComparison.Ordinal), $"{name} has local memory.");
        Assert.IsFalse(Regex.IsMatch(code, @"^\s*(@!?%p\d+\s+)?call", RegexOptions.Multiline), $"{name} calls.");
        Assert.IsFalse(Regex.IsMatch(code, @"\b(div|rem)\.[su](32|64)"), $"{name} divides integers.");
        Assert.IsFalse(Regex.IsMatch(code, @"\b(add|sub|mul|fma|div|sqrt)\S*\.f64"), $"{name} computes in double precision.");
    }
}
