using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class GenerateCommandTests
{
    [TestMethod]
    public async Task ABatchIsWrittenPictureByPictureWithTheirOwnSeeds()
    {
        using CliRun run = new();
        string[] files = [run.Path("a.png"), run.Path("a_2.png"), run.Path("a_3.png")];
        run.BeforePicture = (request, _) => Assert.HasCount((int)request.Seed!.Value - 5, Directory.GetFiles(run.Folder));
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-s", "5", "-b", "3", "-o", files[0]), run.Error);
        Assert.AreEqual(string.Join(Environment.NewLine, files), run.Output.TrimEnd());
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual(5 + i, Image.Load(files[i]).Pixels[0]);
            Assert.AreEqual(5UL + (ulong)i, PictureMetadata.Read(files[i]).Seed);
        }

        // One request, whose text is encoded once, painted one by one.
        GenerationRequest request = run.Requests.Single();
        Assert.AreEqual((3, 1), (request.BatchCount, request.BatchSize));
    }

    [TestMethod]
    public async Task ABatchMayBeLargerThanARequest()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-s", "5", "-b", "66", "-o", run.Path("p%d.png")), run.Error);
        Assert.AreEqual(5UL + 65, PictureMetadata.Read(run.Path("p65.png")).Seed);
        Assert.HasCount(66, Directory.GetFiles(run.Folder));
    }

    [TestMethod]
    [DataRow("-")]
    [DataRow("/dev/stdout")]
    public async Task StandardOutputHoldsThePictureAlone(string output)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-s", "5", "-o", output), run.Error);
        Assert.AreEqual(5, PngReader.Decode(run.Bytes.ToArray(), "x").Image.Pixels[0]);
        Assert.AreEqual(string.Empty, run.Output);
        Assert.AreEqual(2, await run.RunAsync("-p", "x", "-b", "2", "-o", output));
        StringAssert.Contains(run.Error, "takes one picture");
    }

    // A rerun of a batch leaves the pictures of the first alone and puts its own in a row.
    [TestMethod]
    public async Task ARerunNeverMixesPicturesOfBatches()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-s", "5", "-b", "3", "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-s", "50", "-b", "3", "-o", run.Path("a.png")), run.Error);
        ulong?[] seeds = [.. ((string[])["a", "a_2", "a_3", "a_4", "a_5", "a_6"]).Select(name => PictureMetadata.Read(run.Path(name + ".png")).Seed)];
        CollectionAssert.AreEqual((ulong?[])[5, 6, 7, 50, 51, 52], seeds);
    }

    [TestMethod]
    [DataRow(300, 1)]
    [DataRow(251, 2)]
    public async Task ANameThatCannotBeCreatedIsRefusedBeforePainting(int letters, int count)
    {
        using CliRun run = new();
        Assert.AreEqual(1, await run.RunAsync("-p", "x", "-b", $"{count}", "-o", run.Path(new string('a', letters) + ".png")));
        StringAssert.Contains(run.Error, "too long");
        Assert.IsNull(run.Model);
        Assert.IsEmpty(Directory.GetFileSystemEntries(run.Folder));
    }

    [TestMethod]
    public void WhatIsSaidMayGoNowhere()
    {
        // As on a full disk.
        StreamWriter full = new(new FullStream()) { AutoFlush = true };
        QuietWriter writer = new(full);
        writer.WriteLine("said");
        writer.Write('x');
        writer.Flush();
        Assert.Throws<IOException>(() => full.WriteLine("said"));
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => Fail();

        public override void Write(byte[] buffer, int offset, int count) => Fail();

        private static void Fail() => throw new IOException("No space left on device");
    }

    [TestMethod]
    public async Task CancellingKeepsFinishedPicturesAndLeavesNothingElse()
    {
        using CliRun run = new();
        using CancellationTokenSource source = new();
        run.BeforePicture = (request, token) =>
        {
            if (request.Seed == 43)
            {
                source.Cancel();
                token.ThrowIfCancellationRequested();
            }
        };
        Assert.AreEqual(130, await run.RunAsync(source.Token, "-p", "x", "-b", "4", "-o", run.Path("a.png")));
        Assert.AreEqual("cancelled", run.Error.Trim());
        Assert.AreEqual(run.Path("a.png"), Directory.GetFileSystemEntries(run.Folder).Single());
    }

    [TestMethod]
    public async Task AnOutputThatCannotBeWrittenFailsBeforeTheModelIsLoaded()
    {
        using CliRun run = new();
        Assert.AreEqual(1, await run.RunAsync("-p", "x", "-o", run.Path("no/a.png")));
        StringAssert.Contains(run.Error, run.Path("no"));
        Assert.IsNull(run.Model);
    }

    [TestMethod]
    public async Task ErrorsAreOneLineAndTheTraceComesWithVerbose()
    {
        using CliRun run = new();
        run.BeforePicture = (_, _) => throw new InvalidDataException("the weights are damaged");
        Assert.AreEqual(1, await run.RunAsync("-p", "x", "-o", run.Path("a.png")));
        Assert.AreEqual("error: the weights are damaged", run.Error.Trim());
        Assert.AreEqual(1, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "-v"));
        StringAssert.Contains(run.Error, "   at ");
        Assert.IsEmpty(Directory.GetFileSystemEntries(run.Folder));
    }

    [TestMethod]
    public async Task RequestsThatTheModelRefusesAreWrongCommandLines()
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--sampler", "eulr"));
        Assert.AreEqual("error: no sampler 'eulr'. The nearest is 'euler'.", run.Error.Trim());
        Assert.IsEmpty(run.Requests);
    }

    [TestMethod]
    public async Task MetadataCanBeLeftOut()
    {
        using CliRun run = new();
        await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--disable-image-metadata");
        Assert.IsEmpty(PngReader.ReadText(run.Path("a.png")));
    }

    [TestMethod]
    public async Task APictureIsRepeatedFromItsMetadata()
    {
        using CliRun run = new();
        await run.RunAsync("-p", "a boat\nsail", "-n", "sky", "-s", "77", "-W", "24", "-H", "16", "--steps", "5", "--cfg-scale", "2.5", "--sampler", "Euler a", "--scheduler", "Karras", "--clip-skip", "2", "--rng", "cuda", "--eta", "0.25", "-o", run.Path("a.png"));
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "-o", run.Path("b.png")), run.Error);
        Assert.AreEqual(run.Requests[0], run.Requests[1]);
        CollectionAssert.AreEqual(await File.ReadAllBytesAsync(run.Path("a.png")), await File.ReadAllBytesAsync(run.Path("b.png")));
        Assert.AreEqual(string.Empty, run.Error);
        await run.RunAsync("--from", run.Path("a.png"), "-o", run.Path("c.png"), "--steps", "9");
        Assert.AreEqual(run.Requests[0] with { Steps = 9 }, run.Requests[2]);
    }

    [TestMethod]
    public async Task WhatCannotBeRepeatedIsSaid()
    {
        using CliRun run = new();
        string Picture(string parameters)
        {
            new Image(8, 8).Save(run.Path("p.png"), new PngText("parameters", parameters));
            return run.Path("p.png");
        }

        Assert.AreEqual(0, await run.RunAsync("--from", Picture("a\nSteps: 2, Seed: 3, Size: 8x8, Model: other, Tiling: True, Model hash: 12"), "-o", run.Path("o.png")));
        StringAssert.Contains(run.Error, "'other'");
        StringAssert.Contains(run.Error, "not followed: Tiling.");
        Assert.AreEqual(Sampling.NoiseKind.Cuda, run.Requests[0].Rng, "pictures of stable-diffusion-webui have CUDA's noise unless they say otherwise");
        Assert.AreEqual(2, await run.RunAsync("--from", Picture("a\nSteps: 2, Seed: 3, Size: 8x8, Denoising strength: 0.5, Mask blur: 4"), "-o", run.Path("o.png")));
        StringAssert.Contains(run.Error, "give that one with --init-img");
        Assert.AreEqual(1, await run.RunAsync("--from", Picture("{\"sui_image_params\": {}}"), "-o", run.Path("o.png")));
        StringAssert.Contains(run.Error, "SwarmUI");
    }

    [TestMethod]
    public async Task ProgressIsShownToPeopleAndToNobodyElse()
    {
        using CliRun quiet = new();
        Assert.AreEqual(0, await quiet.RunAsync("-p", "x", "-o", quiet.Path("a.png")));
        Assert.AreEqual(string.Empty, quiet.Error);
        using CliRun shown = new() { ShowsProgress = true };
        Assert.AreEqual(0, await shown.RunAsync("-p", "x", "-o", shown.Path("a.png")), shown.Error);
        Assert.AreEqual(shown.Path("a.png"), shown.Output.Trim());
    }

    [TestMethod]
    public void TheClockTellsTheTimeOfAStepAndTheTimeLeft()
    {
        StepClock clock = new();
        Assert.AreEqual(string.Empty, clock.ToString());
        clock.Add(new GenerationProgress(1, 10, TimeSpan.FromSeconds(1)));
        clock.Add(new GenerationProgress(2, 10, TimeSpan.FromSeconds(2)));
        Assert.AreEqual("2/10  1.50 s/step  0:12 left", clock.ToString());
        clock.Restart();
        clock.Add(new GenerationProgress(1, 5, TimeSpan.FromMilliseconds(85)));
        Assert.AreEqual("1/5  85 ms/step  0:00 left", clock.ToString());
        clock.Add(new GenerationProgress(2, 1000, TimeSpan.FromSeconds(10)));
        StringAssert.EndsWith(clock.ToString(), "1:23:52 left");
    }
}
