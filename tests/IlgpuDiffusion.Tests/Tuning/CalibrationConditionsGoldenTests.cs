using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>Under which conditions likeness that was measured with others may be claimed.</summary>
[TestClass]
public sealed class CalibrationConditionsGoldenTests
{
    private static readonly GenerationRequest Usual = TestModels.Small with { Steps = 20 };

    // What changes how an error goes on to the end, and what does not.
    private static readonly Dictionary<string, Func<GenerationRequest, GenerationRequest>> Changes = new()
    {
        ["steps"] = request => request with { Steps = 30 },
        ["size"] = request => request with { Width = 128, Height = 96 },
        ["guidance"] = request => request with { CfgScale = 2 },
        ["shift 6"] = request => request with { Shift = 6 },
        ["shift 3"] = request => request with { Shift = 3 },
        ["trailing"] = request => request with { Scheduler = "trailing" },
        ["karras"] = request => request with { Scheduler = "karras" },
        ["euler"] = request => request with { Sampler = "euler" },
        ["eta 0.5"] = request => request with { Eta = 0.5 },
        ["eta 0"] = request => request with { Eta = 0 },
        ["start picture"] = request => request with { InitImage = new Image(64, 64), Strength = 0.6 },
        ["rescale"] = request => request with { CfgRescale = 0.7 },
    };

    private static readonly SharedPipelines<string> Pipelines = new(model => TestModels.Open(Golden.Find($"models/{model}")));

    [ClassCleanup]
    public static async Task Close() => await Pipelines.DisposeAsync();

    [TestMethod]
    [DataRow("sd3", "steps", true)]
    [DataRow("sd3", "size", true)]
    [DataRow("sd3", "guidance", true)]
    [DataRow("sd3", "start picture", true)]
    [DataRow("sd3", "shift 6", false)]
    [DataRow("sd3", "shift 3", true, DisplayName = "sd3: the shift that its files say")]
    [DataRow("sd3", "karras", false)]
    [DataRow("flux-dev", "size", true, DisplayName = "flux-dev: a shift that goes by the size")]
    [DataRow("flux-dev", "shift 3", false)]
    [DataRow("sd15", "trailing", false)]
    [DataRow("sd15", "euler", false)]
    [DataRow("sd15", "eta 0.5", false)]
    [DataRow("sd15", "eta 0", true, DisplayName = "sd15: the eta that the sampler has")]
    [DataRow("sd15", "steps", true)]
    [DataRow("sd15", "rescale", true)]
    public void WhatTheSamplerComputesIsPartOfThem(string model, string change, bool isLike)
    {
        CalibrationConditions measured = Of(model, Usual), asked = Of(model, Changes[change](Usual));
        Assert.AreEqual(isLike, measured.IsLike(asked));
        Assert.AreNotEqual(isLike, measured.Far(asked) >= 100);
        if (!isLike)
        {
            Assert.AreNotEqual(measured.SamplerText, asked.Unlike(measured), "people are told what differs");
        }
    }

    [TestMethod]
    public async Task ASchedulersFileThatWasChangedIsToldWithoutAName()
    {
        using ModelCopy changed = new(Golden.Find("models/sd15"));
        string file = changed["scheduler/scheduler_config.json"];
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"leading\"", "\"trailing\"", StringComparison.Ordinal));
        CalibrationConditions measured = Of("sd15", Usual), asked;
        await using (DiffusionPipeline pipeline = TestModels.Open(changed.Folder))
        {
            asked = pipeline.Resolve(Usual).Conditions(pipeline.Model.Parts);
        }

        Assert.IsFalse(measured.IsLike(asked));
        Assert.AreEqual("DDIM as the model's files set it now", asked.Unlike(measured));
    }

    [TestMethod]
    public void WhatElseShapesThePictureIsSaidBesideTheLikeness()
    {
        CalibrationConditions measured = Of("sd15", Usual), asked = Of("sd15", Changes["rescale"](Changes["start picture"](Usual)));
        Assert.AreEqual("at 64x64 in 20 steps, guidance 4, without a start picture at strength 0.6, guidance rescaled by 0.7", measured.TextFor(asked));
        Assert.AreEqual("at 64x64 in 20 steps, guidance 4, a start picture at strength 0.6, guidance rescaled by 0.7", asked.TextFor(measured));
        Assert.AreEqual("at 64x64 in 20 steps, guidance 4", measured.TextFor(measured));
    }

    private static CalibrationConditions Of(string model, GenerationRequest request) => Pipelines[model].Resolve(request).Conditions(Pipelines[model].Model.Parts);
}
