using System.Text.Json;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class CompareTests
{
    private static readonly string[] Small = ["compare", "-p", "a red house", "-W", "128", "-H", "64", "--steps", "4", "-s", "3"];

    [TestMethod]
    public async Task PicturesStandBesideTheExactOne()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync([.. Small, "--with", """{"version":1,"steps":0.5}""", "--with", "exact", "--deepcache", "2", "--json", "-o", run.Path("sheet.png")]), run.Error);
        JsonElement[] lines = [.. run.Output.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.HasCount(4, lines);
        CollectionAssert.AreEqual((int[])[4, 4, 2, 4], lines.Select(line => line.GetProperty("steps").GetInt32()).ToArray());
        Assert.IsFalse(lines[0].TryGetProperty("psnr", out _), "the exact picture is itself");
        Assert.IsFalse(lines[3].TryGetProperty("psnr", out _), "and so is its twin");
        Assert.IsTrue(lines[1..3].All(line => line.GetProperty("psnr").GetDouble() is > 5 and < 60 && line.GetProperty("ssim").GetDouble() < 1 && line.GetProperty("detailError").GetDouble() > 0 && line.GetProperty("seconds").GetDouble() > 0));
        StringAssert.Contains(lines[1].GetProperty("policy").GetString()!, "deepcache");
        Image sheet = Image.Load(run.Path("sheet.png")), difference = Image.Load(run.Path("sheet-difference.png"));
        const int Line = 14;
        int captions = sheet.Height - (2 * 70 + 6);
        Assert.AreEqual((4 * 134 + 6, 0), (sheet.Width, captions % Line));
        Assert.IsGreaterThan(3 * Line, captions, "a policy that is longer than its picture is wide goes on in further lines");
        Assert.IsTrue(Enumerable.Range(0, captions / Line).All(line => BlackIn(sheet, 6 + 134, 71 + (line * Line), 128, Line) > 0), "name, time and likeness stand under the second");
        Assert.AreEqual((4 * 134 + 6, 70 + 6), (difference.Width, difference.Height));
        int middle = 3 * ((40 * difference.Width) + 70);
        Assert.AreEqual(128, difference.Pixels[middle], "what is equal is grey");
    }

    private static int BlackIn(Image image, int left, int top, int width, int height) =>
        Enumerable.Range(top, height).Sum(y => Enumerable.Range(left, width).Count(x => image.Pixels[3 * ((y * image.Width) + x)] == 0));

    [TestMethod]
    public async Task ATableIsPrinted()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync([.. Small, "--deepcache", "2", "-o", run.Path("sheet.png")]), run.Error);
        StringAssert.Contains(run.Output, "PSNR dB");
        StringAssert.Contains(run.Output, "sheet-difference.png");
    }

    [TestMethod]
    [DataRow("--with", "fastest", "fastest")]
    [DataRow("--with", "2q", "2x (times as fast)")]
    public async Task WhatIsWrongIsNamedAndNothingIsWritten(string option, string value, string says)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync([.. Small, option, value, "-o", run.Path("sheet.png")]));
        StringAssert.Contains(run.Error, says);
        Assert.IsEmpty(Directory.GetFileSystemEntries(run.Folder));
    }

    [TestMethod]
    public async Task SomethingMustBeCompared()
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync(Small));
        StringAssert.Contains(run.Error, "--with");
    }
}
