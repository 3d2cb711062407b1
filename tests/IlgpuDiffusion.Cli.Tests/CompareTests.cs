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
        Assert.AreEqual(0, await run.RunAsync([.. Small, "--with", """{ "version": 1, "seed": 1234567, "steps": 0.5 }""", "--with", "exact", "--deepcache", "2", "--json", "-o", run.Path("sheet.png")]), run.Error);
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
        Assert.IsTrue(Enumerable.Range(0, captions / Line).All(line => BlackIn(sheet, 6 + (2 * 134), 71 + (line * Line), 128, Line) > 0), "name, time and likeness stand under the third");
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
        Assert.AreEqual(0, await run.RunAsync([.. Small, "--deepcache", "2", "-o", run.Path("sheet")]), run.Error);
        StringAssert.Contains(run.Output, "PSNR dB");
        StringAssert.Contains(run.Output, "--deepcache 2 ");
        StringAssert.Contains(run.Output, $"{run.Path("sheet.png")}, {run.Path("sheet-difference.png")}");
    }

    [TestMethod]
    public async Task AStartPictureIsComparedAndAPolicyThatDoesNothingSaysSo()
    {
        using CliRun run = new();
        new Image(64, 64).Save(run.Path("a.png"));
        Assert.AreEqual(0, await run.RunAsync("compare", "-i", run.Path("a.png"), "--strength", "0.3", "--steps", "4", "--hypertile", "256", "-o", run.Folder + "/new/"), run.Error);
        CollectionAssert.AreEquivalent((string[])["compare.png", "compare-difference.png"], Directory.GetFiles(run.Path("new")).Select(Path.GetFileName).ToArray());
        string[] lines = [.. run.Error.Trim().Split('\n').Select(line => line.Trim())];
        Assert.HasCount(2, lines, "what holds for all of them is said once");
        StringAssert.StartsWith(lines[0], "warning: 'papercut' was made for 128 to 320 pixels");
        StringAssert.StartsWith(lines[1], "warning: --hypertile 256: the acceleration policy changes nothing here: hypertile: leaves");
    }

    [TestMethod]
    [DataRow("2x", "2x")]
    [DataRow("""{ "version": 1, "todo": { "factors": [4, 2], /* a comment */ "rotate": true } }""", "todo:{factors:[4,2],rotate:true}")]
    [DataRow("""{"version":1,"deepcache":{"every":2},}""", "deepcache:{every:2}")]
    [DataRow("""{"version":1}""", "exact")]
    public void APictureIsNamedAndSaysWhatWasChosenForIt(string name, string label)
    {
        ComparedPicture picture = new(name, null, "3 of 20 evaluations in one branch", 20, 1, 1.5, 2, 30, 0.9, 0.1), plain = picture with { Does = null };
        CollectionAssert.AreEqual((string[])[label, "3 of 20 evaluations in one branch", "1.00 s, 2.00x", "30.0 dB, SSIM 0.9000"], picture.Caption());
        CollectionAssert.AreEqual((string[])[label, "1.00 s, 2.00x", "30.0 dB, SSIM 0.9000"], plain.Caption());
        using StringWriter output = new();
        ComparedPicture.WriteTable(output, [plain, picture]);
        string[] rows = [.. output.ToString().Trim().Split('\n').Select(row => row.Trim())];
        StringAssert.StartsWith(rows[1], label + " ");
        StringAssert.EndsWith(rows[1], "0.100");
        StringAssert.EndsWith(rows[2], "0.100  3 of 20 evaluations in one branch");
        StringAssert.Contains(picture.Line(), "\"does\":\"3 of 20");
        Assert.DoesNotContain("does", plain.Line());
    }

    [TestMethod]
    [DataRow("-b", "3", "one picture of each policy against the exact one: leave --batch-count out")]
    [DataRow("-o", "-", "name a file such as compare.png")]
    [DataRow("-o", "x.jpg", "--output 'x.jpg': only PNG files are written; name it x.png.")]
    [DataRow("-o", "a%d%d.png", "one %d or %03d is enough")]
    public async Task WhatMeansNothingHereIsRefused(string option, string value, string says)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync([.. Small, "--deepcache", "2", option, value]));
        StringAssert.Contains(run.Error, says);
        Assert.AreEqual(0, await run.RunAsync("help", "compare"));
        Assert.DoesNotContain("--batch-count", run.Output, "and is not offered");
    }

    [TestMethod]
    [DataRow("explain")]
    [DataRow("compare --deepcache 2")]
    [DataRow("calibrate")]
    [DataRow("diff --device cpu --device cpu")]
    public async Task WhatIsNotFollowedOfAPictureIsSaidByEveryCommand(string command)
    {
        using CliRun run = new();
        new Image(8, 8).Save(run.Path("a.png"), new PngText("parameters", "a house\nSteps: 3, Sampler: DDIM, CFG scale: 4, Seed: 5, Size: 128x128, Model: another"));
        string[] output = command.StartsWith("compare", StringComparison.Ordinal) ? ["-o", run.Path("sheet.png")] : [];
        await run.RunAsync(new CancellationToken(true), [.. command.Split(' '), "--from", run.Path("a.png"), .. output]);
        StringAssert.StartsWith(run.Error, $"warning: '{run.Path("a.png")}' was made with the model 'another'");
    }

    [TestMethod]
    [DataRow("--with", "fastest", "fastest")]
    [DataRow("--with", "2q", "2x (times as fast)")]
    [DataRow("--with", "+0.5x", "--with: A budget in times as fast must be at least 1x")]
    [DataRow("--with", "fasst", "The nearest name is 'fast'. It may be a budget too, such as 2x.")]
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
