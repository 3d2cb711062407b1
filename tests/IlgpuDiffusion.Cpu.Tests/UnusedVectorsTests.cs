namespace IlgpuDiffusion.Cpu.Tests;

/// <summary>What is said where a program uses less than the processor has.</summary>
[TestClass]
public sealed class UnusedVectorsTests
{
    [TestMethod]
    public void TheRuntimeUsesWhatTheProcessorHas()
    {
        bool switchedOff = Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name => name.StartsWith("DOTNET_Enable", StringComparison.OrdinalIgnoreCase));
        if (!switchedOff)
        {
            Assert.IsNull(UnusedVectors.Warning);
        }
    }

    [TestMethod]
    public void WhatWasCompiledForOlderProcessorsSaysWhatToSet()
    {
        string warning = UnusedVectors.Describe(SimdLevel.Vector128, SimdLevel.Vector256, compiles: false)!;
        Assert.Contains("256-bit vectors", warning);
        Assert.Contains("IlcInstructionSet", warning);
        Assert.Contains("x86-64-v3", warning);
        Assert.Contains("x86-64-v4", UnusedVectors.Describe(SimdLevel.Vector256, SimdLevel.Vector512, compiles: false)!);
    }

    [TestMethod]
    public void WhatIsSwitchedOffSaysByWhat() => Assert.Contains("DOTNET_EnableAVX2", UnusedVectors.Describe(SimdLevel.Scalar, SimdLevel.Vector512, compiles: true)!);

    [TestMethod]
    public void EqualVectorsNeedNoWord() => Assert.IsNull(UnusedVectors.Describe(SimdLevel.Vector512, SimdLevel.Vector512, compiles: false));
}
