using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Tests.Requests;

/// <summary>LoRAs that distil are told by the names under which they are published.</summary>
[TestClass]
public sealed class FewStepLoraTests
{
    [TestMethod]
    [DataRow("lcm-lora-sdv1-5", "Take 4 steps and a guidance of 1 with the sampler LCM.")]
    [DataRow("LCM_LoRA_Weights_SDXL", "Take 4 steps and a guidance of 1 with the sampler LCM.")]
    [DataRow("TCD-SDXL-lora", "Take 4 steps and a guidance of 1 with the sampler TCD.")]
    [DataRow("Hyper-SDXL-1step-lora", "Take 1 step and a guidance of 1 with the sampler TCD.")]
    [DataRow("Hyper-SD15-8steps-lora", "Take 8 steps and a guidance of 1, and the sampler that its authors name.")]
    [DataRow("sdxl_lightning_4step_lora", "Take 4 steps and a guidance of 1, and the sampler that its authors name.")]
    [DataRow("dmd2_sdxl_4step_lora", "Take 4 steps and a guidance of 1 with the sampler LCM.")]
    public void WithUsualStepsAndGuidanceItIsSaid(string name, string ends)
    {
        string warning = FewStepLora.Warning(name, 20, 7, "Euler")!;
        StringAssert.StartsWith(warning, $"The LoRA '{name}' is by its name one that distils");
        StringAssert.EndsWith(warning, ends);
        Assert.IsNull(FewStepLora.Warning(name, ends.Contains("8 steps", StringComparison.Ordinal) ? 8 : ends.Contains("1 step ", StringComparison.Ordinal) ? 1 : 4, 1, "LCM"));
    }

    [TestMethod]
    [DataRow("hyperrealism")]
    [DataRow("lightning strikes")]
    [DataRow("style_20000steps")]
    [DataRow("my-style-v2_1500steps")]
    [DataRow("misstep")]
    public void OthersAreLeftAlone(string name) => Assert.IsNull(FewStepLora.Warning(name, 20, 7, "Euler"));
}
