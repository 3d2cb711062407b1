using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class ControlNetOptionTests
{
    [TestMethod]
    public async Task EachHasItsPictureAndSettings()
    {
        using CliRun run = new();
        new Image(8, 8).Save(run.Path("a.png"));
        new Image(16, 8).Save(run.Path("b.png"));
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "--controlnet", "one", "--control-image", run.Path("a.png"), "--control-net", "two", "--control-image", run.Path("b.png"), "--control-strength", "0.8", "--control-start", "0.1", "--control-start", "0.2", "-o", run.Path("o.png")), run.Error);
        IReadOnlyList<ControlNet> controls = run.Requests.Single().ControlNets;
        CollectionAssert.AreEqual(new[] { ("one", 8, 0.8, 0.1, 1.0), ("two", 16, 0.8, 0.2, 1.0) }, controls.Select(c => (c.Path, c.Image.Width, c.Strength, c.Start, c.End)).ToArray());
    }

    [TestMethod]
    [DataRow("--controlnet one", "1 --controlnet and 0 --control-image are given")]
    [DataRow("--control-image a.png", "give it with --controlnet")]
    [DataRow("--control-strength 1", "--control-strength needs a ControlNet")]
    [DataRow("--control-end 1.5", "--control-end is '1.5', but must be a number 0 to 1")]
    [DataRow("--controlnet-conditioning-scale 1", "Here it is --control-strength")]
    public async Task WhatDoesNotFitIsRefused(string options, string message)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync(["-p", "x", .. options.Split(' ')]));
        StringAssert.Contains(run.Error, message);
        Assert.IsEmpty(run.Requests);
    }

    [TestMethod]
    public async Task APictureThatCannotBeReadIsNamed()
    {
        using CliRun run = new();
        Assert.AreNotEqual(0, await run.RunAsync("-p", "x", "--controlnet", "one", "--control-image", run.Path("no.png")));
        StringAssert.Contains(run.Error, "no.png");
    }

    [TestMethod]
    public async Task APictureIsRepeatedWithTheControlNetThatItNames()
    {
        string model = Golden.Find("models/sd15"), control = Golden.Find("models/sd15-controlnet");
        using CliRun run = new() { UsesPipeline = true };
        Image picture = new(64, 64);
        Array.Fill(picture.Pixels, (byte)120);
        picture.Save(run.Path("hint.png"));
        Assert.AreEqual(0, await run.RunAsync("-m", model, "-p", "a red house", "-W", "64", "-H", "64", "--steps", "2", "--controlnet", control, "--control-image", run.Path("hint.png"), "--control-strength", "0.6", "--control-end", "0.5", "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual(2, await run.RunAsync("-m", model, "--from", run.Path("a.png"), "-o", run.Path("b.png")));
        StringAssert.Contains(run.Error, $"was made with ControlNet 'sd15-controlnet' (Image hash {ImageHash.Of(picture)})");
        Assert.AreEqual(0, await run.RunAsync("-m", model, "--from", run.Path("a.png"), "--controlnet", control, "--control-image", run.Path("hint.png"), "-o", run.Path("b.png")), run.Error);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("a.png")), await File.ReadAllBytesAsync(run.Path("b.png")));
    }

    [TestMethod]
    public async Task ExplainAndInspectTellOfIt()
    {
        string control = Golden.Find("models/sd15-controlnet");
        using CliRun run = new();
        new Image(64, 64).Save(run.Path("hint.png"));
        Assert.AreEqual(0, await run.RunAsync("explain", "-m", Golden.Find("models/sd15"), "-W", "64", "-H", "64", "--steps", "4", "--controlnet", control, "--control-image", run.Path("hint.png"), "--control-end", "0.5"), run.Error);
        StringAssert.Contains(run.Output, "ControlNet sd15-controlnet of strength 1 in 2 of 4 evaluations");
        StringAssert.Contains(run.Output, "denoiser with ControlNet");
        Assert.AreEqual(0, await run.RunAsync("inspect", control), run.Error);
        StringAssert.Contains(run.Output, "give it beside a model, with --controlnet and --control-image");
    }
}
