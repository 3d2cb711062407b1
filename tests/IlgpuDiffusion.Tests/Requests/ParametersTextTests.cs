using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Tests.Requests;

[TestClass]
public sealed class ParametersTextTests
{
    private static readonly GenerationMetadata Full = new()
    {
        Prompt = "a boat, (sail:1.2)",
        NegativePrompt = "clouds",
        Steps = 20,
        Sampler = "DPM++ 2M",
        ScheduleType = "Karras",
        CfgScale = 7.5,
        Seed = 4294967294,
        Width = 512,
        Height = 768,
        ModelHash = "abcdef1234",
        Model = "name",
        ClipSkip = 2,
        DenoisingStrength = 0.5,
        Rng = "CPU",
        CfgRescale = 0.7,
        Eta = 1,
        Type = "bf16",
        Version = "IlgpuDiffusion 0.1.0",
        Others = [new("Hires upscale", "2"), new("Plan", "{\"a\": [1, 2]}\nsecond \\ line: é 日")],
    };

    [TestMethod]
    public void TheTextIsWhatOtherProgramsWrite()
    {
        string text = ParametersText.Format(Full with { Others = [] });
        Assert.AreEqual(
            "a boat, (sail:1.2)\nNegative prompt: clouds\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 4294967294, Size: 512x768, "
            + "Model hash: abcdef1234, Model: name, Clip skip: 2, Denoising strength: 0.5, RNG: CPU, CFG rescale: 0.7, Eta: 1, Type: bf16, Version: IlgpuDiffusion 0.1.0",
            text);
    }

    [TestMethod]
    public void WhatSomeFamiliesAreToldComesBack()
    {
        GenerationMetadata told = Full with { Shift = 1.5, OriginalSize = new(768, 512), CropsCoordsTopLeft = new(16, 32), TargetSize = new(896, 1024), NegativeOriginalSize = new(256, 128), NegativeCropsCoordsTopLeft = new(8, 0), NegativeTargetSize = new(64, 72) };
        string text = ParametersText.Format(told);
        StringAssert.Contains(text, "Shift: 1.5, Original size: 768x512, Crops coords top left: \"16,32\", Target size: 896x1024, Negative original size: 256x128, Negative crops coords top left: \"8,0\", Negative target size: 64x72");
        AssertSame(told, ParametersText.Parse(text));
    }

    [TestMethod]
    public void EverythingComesBack() => AssertSame(Full, ParametersText.Parse(ParametersText.Format(Full)));

    [TestMethod]
    [DataRow("", "")]
    [DataRow("two\nlines", "also\ntwo")]
    [DataRow(" spaces at the ends ", "\t")]
    [DataRow("Negative prompt: is what this begins with", "x")]
    [DataRow("a\nSteps: 1, Seed: 2, Size: 3x3", "")]
    [DataRow("a: b, cd: e, fg: h", "")]
    [DataRow("x\r\ny", "a\n\nb\n")]
    [DataRow("\"quoted\" \\ 🎨", "日本")]
    public void AnyPromptComesBack(string prompt, string negative)
    {
        GenerationMetadata metadata = Full with { Prompt = prompt, NegativePrompt = negative };
        AssertSame(metadata, ParametersText.Parse(ParametersText.Format(metadata)));
    }

    [TestMethod]
    public void RandomMetadataComesBack()
    {
        Random random = new(5);
        const string Letters = "ab ,:\"\\\n-(){}é日0";
        string Text() => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Letters[random.Next(Letters.Length)]));
        for (int i = 0; i < 2000; i++)
        {
            GenerationMetadata metadata = Full with { Prompt = Text(), NegativePrompt = Text(), Model = "m" + Text(), Sampler = Text() + "s", Others = [new("Own key", "v" + Text())] };
            AssertSame(metadata, ParametersText.Parse(ParametersText.Format(metadata)));
        }
    }

    [TestMethod]
    public void TextOfTheWebUiIsRead()
    {
        GenerationMetadata m = ParametersText.Parse("""
            best quality, cat
            second line
            Negative prompt: lowres,
             blurry
            Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 965400086, Size: 512x512, Model hash: abcdef1234, Model: v1-5, Lora hashes: "a: 12, b: 34", Version: v1.10.1
            """);
        Assert.AreEqual("best quality, cat\nsecond line", m.Prompt);
        Assert.AreEqual("lowres,\nblurry", m.NegativePrompt);
        Assert.AreEqual((20, "Euler a", 7.0, 965400086UL, 512), (m.Steps, m.Sampler, m.CfgScale, m.Seed, m.Width));
        Assert.AreEqual(new("Lora hashes", "a: 12, b: 34"), m.Others.Single());
        Assert.IsNull(m.Rng);
    }

    [TestMethod]
    public void ValuesThatAreNotNumbersAreKeptAsText()
    {
        GenerationMetadata m = ParametersText.Parse("p\nSteps: many, Seed: 1, CFG scale: NaN, Size: 1x99999999999");
        Assert.IsNull(m.Steps);
        Assert.IsNull(m.CfgScale);
        Assert.IsNull(m.Width);
        CollectionAssert.AreEqual(new[] { "Steps", "CFG scale", "Size" }, m.Others.Select(o => o.Key).ToArray());
    }

    [TestMethod]
    public void APromptAloneIsAPrompt() => Assert.AreEqual("just: this, and: that", ParametersText.Parse("just: this, and: that").Prompt);

    [TestMethod]
    public void KeysThatReadersWouldNotFindAreRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => ParametersText.Format(Full with { Others = [new("a,b", "x")] }));
        Assert.ThrowsExactly<ArgumentException>(() => ParametersText.Format(new() { Prompt = "p", Seed = 1 }));
    }

    private static void AssertSame(GenerationMetadata expected, GenerationMetadata actual)
    {
        CollectionAssert.AreEqual(expected.Others.ToArray(), actual.Others.ToArray());
        Assert.AreEqual(expected with { Others = [] }, actual with { Others = expected.Others } with { Others = [] });
    }
}
