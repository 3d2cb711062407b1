using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using IlgpuDiffusion.Cpu.Tests.Matrix;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests;

/// <summary>All tests of this project once more in processes that are denied the wider vectors.</summary>
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

        await RunTests($"TestCategory!={Parent}", (switchedOff, "0"), (ExpectedLevel, level), (ExpectedBits, Bits()));
    }

    [TestMethod]
    [TestCategory(Parent)]
    public async Task TheTallTileKeepsItsSumsInRegisters()
    {
        if (Simd.Level != SimdLevel.Vector512)
        {
            Assert.Inconclusive($"This machine has {Simd.Level} only.");
        }

        string listing = Path.GetTempFileName();
        try
        {
            await RunTests($"Name={nameof(Conv2dTests.ThePointwiseConvolutionOfAResizedInputAgrees)}", ("DOTNET_JitDisasm", "Multiply"), ("DOTNET_JitStdOutFile", listing));
            string tile = File.ReadAllText(listing).Split("; Assembly listing for method ").Single(method => method.StartsWith("IlgpuDiffusion.Cpu.Tile14:Multiply[IlgpuDiffusion.Cpu.Simd512", StringComparison.Ordinal));
            Assert.AreEqual(2 * Tile14.Rows, tile.Split("vfmadd231ps zmm").Length - 1);
            Assert.DoesNotContain("zmmword ptr [rbp", tile);
            Assert.DoesNotContain("zmmword ptr [rsp", tile);
        }
        finally
        {
            File.Delete(listing);
        }
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
        ])
        {
            hash.AppendData(MemoryMarshal.AsBytes<float>(product.Run(pool)));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
