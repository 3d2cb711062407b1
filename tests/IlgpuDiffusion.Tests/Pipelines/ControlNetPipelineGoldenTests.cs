using System.Runtime.InteropServices;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Acceleration;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Pipelines with ControlNets: against diffusers, from other files, several, with every technique of acceleration.</summary>
[TestClass]
public sealed class ControlNetPipelineGoldenTests
{
    private static readonly string Folder = Golden.Find("models/sd15-controlnet");
    private static readonly Image Picture = Gradient(64, 64);
    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 4, ControlNets = [new ControlNet(Folder, Picture)] };

    private static readonly SharedPipelines<string> Pipelines = new(device => DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Threads = 2, Device = device == TestDevices.IlgpuCpu ? () => TestDevice.Open() : null, Type = ElementType.F32 }));

    private readonly TemporaryFolder _folder = new();

    private static DiffusionPipeline Pipeline => Pipelines[TestDevices.Cpu];

    public static IEnumerable<object[]> Techniques => TechniqueCatalogue.Default.Names.Select(name => new object[] { name });

    [ClassCleanup]
    public static async Task Close() => await Pipelines.DisposeAsync();

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    [DataRow(TestDevices.Cpu)]
    [DataRow(TestDevices.IlgpuCpu)]
    public Task EveryStepIsDiffusers(string device) => new GoldenCall(GoldenTensors.Find("models/sd15-controlnet.golden.safetensors"), "txt2img", Folder).Check(Pipelines[device]);

    [TestMethod]
    public async Task EveryStepOfXlIsDiffusers()
    {
        await using DiffusionPipeline pipeline = TestModels.Open(Golden.Find("models/sdxl"));
        await new GoldenCall(GoldenTensors.Find("models/sdxl-controlnet.golden.safetensors"), "txt2img", Golden.Find("models/sdxl-controlnet")).Check(pipeline);
    }

    [TestMethod]
    public async Task AFileIsItsFolderBitForBit()
    {
        float[] expected = await Pipeline.Latents(Request);
        CollectionAssert.AreNotEqual(await Pipeline.Latents(Request with { ControlNets = [] }), expected);
        GoldenTensors tensors = GoldenTensors.Load(Directory.GetFiles(Folder, "*.safetensors").Single());
        KeyTable encoder = UNetKeys.OfCanonical([.. tensors.Names]);
        foreach (string prefix in (string[])["control_model.", "", "diffusers"])
        {
            SafetensorsWriter writer = new();
            foreach (string name in tensors.Names)
            {
                writer.Add(prefix == "diffusers" ? name : prefix + Original(name, encoder), ElementType.F32, tensors.Shape(name), MemoryMarshal.AsBytes(tensors.Floats(name).AsSpan()).ToArray());
            }

            string file = _folder[$"control{prefix}safetensors"];
            writer.Save(file);
            CollectionAssert.AreEqual(expected, await Pipeline.Latents(Request with { ControlNets = [new ControlNet(file, Picture)] }), prefix);
        }
    }

    [TestMethod]
    public async Task SeveralAreSummed()
    {
        ControlNet one = Request.ControlNets[0];
        float[] sum = await Pipeline.Latents(Request with { ControlNets = [one with { Strength = 0.8 }] });
        float[] two = await Pipeline.Latents(Request with { ControlNets = [one with { Strength = 0.3 }, one with { Strength = 0.5 }] });
        GoldenAssert.Close(sum, two, 1e-4, "0.3 and 0.5 of one ControlNet");
        float[] other = await Pipeline.Latents(Request with { ControlNets = [one with { Strength = 0.3 }, one with { Strength = 0.5, Image = new Image(64, 64) }] });
        CollectionAssert.AreNotEqual(two, other, "each has its own picture");
    }

    [TestMethod]
    public async Task OutsideItsWindowItIsNotThereAndIsSaidNotToBe()
    {
        ControlNet one = Request.ControlNets[0];
        GenerationRequest never = Request with { ControlNets = [one with { Start = 0.3, End = 0.4 }] };
        CollectionAssert.AreEqual(await Pipeline.Latents(Request with { ControlNets = [] }), await Pipeline.Latents(never));
        StringAssert.Contains(Pipeline.Explain(never).Warnings.Single(), "is followed in no step: none of 4 lies wholly between 0.3 and 0.4");

        Explanation half = Pipeline.Explain(Request with { ControlNets = [one with { End = 0.5 }] });
        CollectionAssert.AreEqual(new[] { 0, 0, 1, 1 }, half.Plan.VariantOf.ToArray());
        Assert.AreEqual(new ControlNetExplanation("sd15-controlnet", 1, 2), half.ControlNets.Single());
        Explanation without = Pipeline.Explain(Request with { ControlNets = [] });
        Assert.IsGreaterThan(without.MappedWeightBytes + without.PreparedWeightBytes, half.MappedWeightBytes + half.PreparedWeightBytes, "its weights are counted");
        Assert.IsGreaterThan(without.Flops, half.Flops);
    }

    [TestMethod]
    public async Task APictureOfAnotherShapeIsCutFromItsMiddleAndResized()
    {
        Image wide = Gradient(200, 90);
        ControlNet one = Request.ControlNets[0];
        CollectionAssert.AreEqual(
            await Pipeline.Latents(Request with { ControlNets = [one with { Image = ImageResize.Cover(wide, 64, 64) }] }),
            await Pipeline.Latents(Request with { ControlNets = [one with { Image = wide }] }));
    }

    [TestMethod]
    public async Task PicturesSayIt()
    {
        GeneratedImage image = (await Pipeline.GenerateAsync(Request with { ControlNets = [Request.ControlNets[0] with { Strength = 0.8, End = 0.7 }] })).Images.Single();
        StringAssert.Contains(image.Parameters, $"ControlNet 0: \"Model: sd15-controlnet, Weight: 0.8, Guidance Start: 0, Guidance End: 0.7, Image hash: {ImageHash.Of(Picture)}\"");
    }

    [TestMethod]
    [DynamicData(nameof(Techniques))]
    public async Task EveryTechniqueGoesWithItOrIsRefused(string technique)
    {
        GenerationRequest request = Request with { Width = 128, Steps = 8, Policy = new(CompositionPapercutTests.Samples[technique].Active) };
        if (CompositionPapercutTests.Documented(technique, "a ControlNet") == "refused")
        {
            string reason = Assert.ThrowsExactly<RequestException>(() => Pipeline.Explain(request)).Message;
            StringAssert.Contains(reason, $"'{technique}'");
            StringAssert.Contains(reason, "ControlNet");
            return;
        }

        Assert.IsTrue((await Pipeline.Latents(request)).All(float.IsFinite));
        Explanation plan = Pipeline.Explain(request), exact = Pipeline.Explain(request with { Policy = null });
        Assert.IsTrue(plan.Plan.Variants.All(row => row.Controls == 1));
        Assert.AreEqual(
            technique is "hypertile" or "localglobal" or "todo" or "tome" ? "leaves the ControlNet's own attention whole" : technique == "tgate" ? "behind its 'gate' the ControlNet still reads the negative prompt, and computes all of its attention" : null,
            plan.Plan.Notes.FirstOrDefault(note => note.Text.Contains("ControlNet", StringComparison.Ordinal))?.Text);
        Assert.IsLessThanOrEqualTo(exact.Flops, plan.Flops);
    }

    [TestMethod]
    public async Task DeepShrinkGoesWithItOutsideItsWindow()
    {
        GenerationRequest request = Request with { Width = 128, Steps = 8, Policy = new(new DeepShrink { End = 0.5 }), ControlNets = [Request.ControlNets[0] with { Start = 0.5 }] };
        Assert.IsTrue((await Pipeline.Latents(request)).All(float.IsFinite));
    }

    [TestMethod]
    public void WhatIsKeptIsForgottenWhereItEnds()
    {
        GenerationRequest request = Request with { Steps = 8, ControlNets = [Request.ControlNets[0] with { End = 0.4 }], Policy = new(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 8 } }) };
        AccelerationPlan plan = Pipeline.Explain(request).Plan;
        LayerSite prediction = plan.Sites.Single(site => site.Kind == SiteKind.Prediction);
        CollectionAssert.AreEqual(
            new[] { SiteAction.Keep, SiteAction.Recall, SiteAction.Recall, SiteAction.Keep, SiteAction.Recall, SiteAction.Recall, SiteAction.Recall, SiteAction.Recall },
            plan.VariantOf.Select((_, e) => plan[e][prediction].Action).ToArray());
    }

    [TestMethod]
    public void WhatARecalledValueStandsForIsNotComputedOfTheControlNetEither()
    {
        GenerationRequest request = Request with { Policy = new(new DeepCache { Every = 4 }) };
        ComponentExplanation denoiser = Pipeline.Explain(request).Components.Single(component => component.VariantOf.Count > 0);
        long[] flops = [.. denoiser.Executable.Programs.Where(program => program.Variant is not null).Select(program => program.Work.Flops)];
        Assert.AreEqual("denoiser with ControlNet", denoiser.Name);
        Assert.IsLessThan(flops.Max() / 3, flops.Min());
    }

    [TestMethod]
    public async Task WhatDoesNotFitIsRefused()
    {
        Refused<ModelFileException>(Pipeline, Request.ControlNets[0] with { Path = "nowhere" }, "does not exist");
        Refused<ModelFileException>(Pipeline, Request.ControlNets[0] with { Path = Golden.Find("models/sd15/unet") }, "is a UNet2DConditionModel. Supported is ControlNetModel");
        Refused<ModelFileException>(Pipeline, Request.ControlNets[0] with { Path = TestModels.Tiny }, "holds no config.json");
        Refused<ModelFileException>(Pipeline, Request.ControlNets[0] with { Path = Directory.GetFiles(Golden.Find("models/sd15/unet"), "*.safetensors").Single() }, "holds no ControlNet. It is a UNet");
        Refused<RequestException>(Pipeline, Request.ControlNets[0] with { Strength = double.NaN }, "strength of the ControlNet");
        Refused<RequestException>(Pipeline, Request.ControlNets[0] with { Start = 0.5, End = 0.5 }, "the start before the end");
        await using DiffusionPipeline sd21 = TestModels.Open(Golden.Find("models/sd21"));
        Refused<ModelFileException>(sd21, Request.ControlNets[0], "it was made for another family");
        await using DiffusionPipeline sd3 = TestModels.Open(Golden.Find("models/sd3"));
        Refused<RequestException>(sd3, Request.ControlNets[0], "takes no ControlNet");
    }

    private static void Refused<T>(DiffusionPipeline pipeline, ControlNet control, string message)
        where T : DiffusionException =>
        StringAssert.Contains(Assert.ThrowsExactly<T>(() => pipeline.Explain(Request with { ControlNets = [control] })).Message, message);

    // Names of the original code, written out where they are not the UNet's.
    private static string Original(string name, KeyTable encoder)
    {
        const string Hint = "controlnet_cond_embedding.", Skip = "controlnet_down_blocks.", Middle = "controlnet_mid_block.";
        string[] parts = name.Split('.');
        return name.StartsWith(Hint + "conv_in", StringComparison.Ordinal) ? $"input_hint_block.0.{parts[^1]}"
            : name.StartsWith(Hint + "conv_out", StringComparison.Ordinal) ? $"input_hint_block.14.{parts[^1]}"
            : name.StartsWith(Hint, StringComparison.Ordinal) ? $"input_hint_block.{(2 * int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture)) + 2}.{parts[^1]}"
            : name.StartsWith(Skip, StringComparison.Ordinal) ? $"zero_convs.{parts[1]}.0.{parts[^1]}"
            : name.StartsWith(Middle, StringComparison.Ordinal) ? $"middle_block_out.0.{parts[^1]}"
            : encoder.Original(name)!;
    }

    private static Image Gradient(int width, int height)
    {
        Image image = new(width, height);
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            image.Pixels[i] = (byte)((i / 3 % width * 255 / width) ^ (i / 3 / width * 3));
        }

        return image;
    }
}
