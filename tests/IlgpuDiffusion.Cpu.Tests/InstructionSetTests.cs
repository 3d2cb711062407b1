using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using IlgpuDiffusion.Cpu.Tests.Matrix;
using IlgpuDiffusion.Cpu.Tests.Ops;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests;

/// <summary>All tests of kernels once more in processes that are denied the wider vectors.</summary>
[TestClass]
public sealed class InstructionSetTests
{
    private const string Parent = "StartsProcesses";
    private const string ExpectedLevel = "ILGPU_DIFFUSION_EXPECTED_LEVEL";
    private const string ExpectedBits = "ILGPU_DIFFUSION_EXPECTED_BITS";

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [TestCategory(Parent)]
    [DataRow("DOTNET_EnableAVX512", nameof(SimdLevel.Vector256))]
    [DataRow("DOTNET_EnableAVX2", nameof(SimdLevel.Vector128))]
    [DataRow("DOTNET_EnableHWIntrinsic", nameof(SimdLevel.Scalar))]
    public async Task AllTestsPassWithNarrowerVectors(string switchedOff, string level)
    {
        if (Simd.Level <= Enum.Parse<SimdLevel>(level) || !X86Base.IsSupported)
        {
            Assert.Inconclusive($"This machine has {Simd.Level} only.");
        }

        // Random graphs are of these kernels, put together in ways that do not depend on vectors.
        await RunTests($"TestCategory!={Parent}&FullyQualifiedName!~{nameof(RandomGraphTests)}", (switchedOff, "0"), (ExpectedLevel, level), (ExpectedBits, Bits()));
    }

    [TestMethod]
    [TestCategory(Parent)]
    [DataRow("1", nameof(Tile14), nameof(Simd512), "zmm", 2 * Tile14.Rows)]
    [DataRow("1", nameof(Tile8), nameof(Simd512), "zmm", 2 * Tile8.Rows)]
    [DataRow("0", nameof(Tile6), nameof(Simd256), "ymm", 2 * Tile6.Rows)]
    [DataRow("0", nameof(Tile4), nameof(Simd256), "ymm", 2 * Tile4.Rows)]
    public async Task TilesKeepTheirSumsInRegisters(string wide, string kernel, string simd, string register, int sums)
    {
        string[] methods = await Listing(wide, nameof(SummationTests.TheNumberOfRowsDoesNotChangeTheBitsOfARow), "Multiply");
        AssertNothingSpilled(methods, $"{kernel}:Multiply[IlgpuDiffusion.Cpu.{simd}", register, sums);
    }

    [TestMethod]
    [TestCategory(Parent)]
    public async Task TheAttentionTilesKeepTheirSumsInRegisters()
    {
        string[] methods = await Listing("1", nameof(AttentionTests.AnyHeadWidthAgreesWithDoublePrecision), "Multiply Narrow14 Multiply14 Weigh");
        AssertNothingSpilled(methods, "Tile14:Multiply[IlgpuDiffusion.Cpu.Simd512", "zmm", 2 * Tile14.Rows);
        AssertNothingSpilled(methods, "AttentionTiles:Narrow14", "zmm", Tile14.Rows);
        AssertNothingSpilled(methods, "PairedTiles:Multiply14", "zmm", Tile14.Rows);

        // The constants of the exponential are loaded once and not in front of every use.
        string weigh = AssertNothingSpilled(methods, "RunningSoftmax:Weigh[IlgpuDiffusion.Cpu.Simd512", "zmm", null);
        Assert.DoesNotContain("1to16", weigh);
    }

    [TestMethod]
    [TestCategory(Parent)]
    public async Task TheAttentionTilesOfShorterVectorsKeepTheirSumsInRegisters()
    {
        string[] methods = await Listing("0", nameof(AttentionTests.AnyHeadWidthAgreesWithDoublePrecision), "Multiply Multiply6");
        AssertNothingSpilled(methods, "Tile6:Multiply[IlgpuDiffusion.Cpu.Simd256", "ymm", 2 * Tile6.Rows);
        AssertNothingSpilled(methods, "PairedTiles:Multiply6[IlgpuDiffusion.Cpu.Simd256", "ymm", 2 * Tile6.Rows);
    }

    /// <summary>The machine code of some methods after the tests of a name have run, with 512-bit vectors ("1") or without ("0").</summary>
    private async Task<string[]> Listing(string wide, string test, string methods)
    {
        SimdLevel needed = wide == "1" ? SimdLevel.Vector512 : SimdLevel.Vector256;
        if (Simd.Level < needed || !X86Base.IsSupported)
        {
            Assert.Inconclusive($"This machine has {Simd.Level} only.");
        }

        string listing = Path.GetTempFileName();
        try
        {
            await RunTests($"Name~{test}", ("DOTNET_EnableAVX512", wide), ("DOTNET_JitDisasm", methods), ("DOTNET_JitStdOutFile", listing));
            return File.ReadAllText(listing).Split("; Assembly listing for method ");
        }
        finally
        {
            File.Delete(listing);
        }
    }

    private static string AssertNothingSpilled(string[] methods, string name, string register, int? multiplyAdds)
    {
        string code = methods.Single(method => method.StartsWith("IlgpuDiffusion.Cpu." + name, StringComparison.Ordinal));
        if (multiplyAdds is { } expected)
        {
            Assert.AreEqual(expected, code.Split($"vfmadd231ps {register}").Length - 1, name);
        }

        Assert.DoesNotContain($"{register}word ptr [rbp", code);
        Assert.DoesNotContain($"{register}word ptr [rsp", code);
        return code;
    }

    private async Task RunTests(string filter, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { "vstest", typeof(InstructionSetTests).Assembly.Location, $"--TestCaseFilter:{filter}" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.CancellationToken);
        await process.WaitForExitAsync(TestContext.CancellationToken);
        Assert.AreEqual(0, process.ExitCode, output + await error);
        Assert.Contains("Passed", output);
    }

    [TestMethod]
    public void TheProcessHasTheVectorsThatItWasStartedWith()
    {
        if (Environment.GetEnvironmentVariable(ExpectedLevel) is not { } expected)
        {
            return;
        }

        Assert.AreEqual(expected, Simd.Level.ToString());
        Assert.IsFalse(Avx512F.IsSupported);
        if (Simd.Fused)
        {
            Assert.AreEqual(Environment.GetEnvironmentVariable(ExpectedBits), Bits(), "All widths with a fused multiply-add give the same bits.");
        }
        else
        {
            Assert.IsLessThan((int)SimdLevel.Vector256, (int)Simd.Level);
        }
    }

    private static string Bits()
    {
        using WorkerPool pool = new(1);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ProductCase product in (ProductCase[])[
            ProductCase.Linear(new Shape(2, 1, 77, 200), 74, Prologue.LayerNorm, new Epilogue(true, Activation: Activation.Gelu, Gated: true), ElementType.F16),
            ProductCase.Linear(new Shape(2, 1, 5, 37), 35, epilogue: new Epilogue(Activation: Activation.QuickGelu), weights: ElementType.BF16),
            ProductCase.Convolution(new Shape(2, 11, 9, 150), 40, new Grid(3, 3), 1, Padding.All(1), prologue: Prologue.ScaleShiftSilu, epilogue: new Epilogue(true, Residual: true)),
            ProductCase.Convolution(new Shape(2, 11, 9, 150), 40, new Grid(3, 3), 1, Padding.All(1), prologue: Prologue.ScaleShiftSilu, epilogue: new Epilogue(true, Residual: true), weights: ElementType.F16, method: ConvolutionMethod.Winograd4),
            ProductCase.Convolution(new Shape(2, 11, 9, 150), 40, new Grid(3, 3), 1, Padding.All(1), epilogue: new Epilogue(Activation: Activation.Silu), weights: ElementType.BF16, method: ConvolutionMethod.Winograd2),
            ProductCase.Convolution(new Shape(2, 11, 9, 150), 40, new Grid(3, 3), 1, Padding.All(1), new Grid(22, 18), weights: ElementType.F16, phases: true),
            ProductCase.Convolution(new Shape(2, 11, 9, 150), 40, new Grid(3, 3), 1, Padding.All(1), new Grid(22, 18), weights: ElementType.F16, method: ConvolutionMethod.WinogradPhases, phases: true),
        ])
        {
            hash.AppendData(MemoryMarshal.AsBytes<float>(product.Run(pool)));
        }

        foreach ((int width, int keys, bool causal) in ((int, int, bool)[])[(40, 77, true), (72, 141, false), (80, 301, false), (5, 19, false)])
        {
            Attention op = new(2, 1 / Math.Sqrt(width), causal, false, new(default(SegmentForm)));
            Shape q = new(2, 1, causal ? keys : 51, 2 * width), k = new(2, 1, keys, 2 * width);
            hash.AppendData(MemoryMarshal.AsBytes<float>(OpRunner.Run(op, [Operand.Random(q, 1), Operand.Random(k, 2), Operand.Random(k, 3)], 1)));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
