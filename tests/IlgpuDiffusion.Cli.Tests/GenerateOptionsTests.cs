using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Cli.Tests;

[TestClass]
public sealed class GenerateOptionsTests
{
    [TestMethod]
    public async Task APromptAloneGivesThePapercutModelAndItsDefaults()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "a boat", "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual(PapercutModel.Folder, run.Model);
        Assert.AreEqual(new PipelineOptions().Threads, run.Options!.Threads);
        Assert.AreEqual(new GenerationRequest { Prompt = "a boat", Seed = 42 }, run.Requests.Single());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task EveryOptionReachesTheRequestWithAndWithoutTheCommandsName(bool named)
    {
        using CliRun run = new();
        string[] options =
        [
            "-p", "a", "-n", "b", "-m", "folder", "-o", run.Path("a.png"), "-W", "128", "-H", "192", "--steps", "7", "--cfg-scale", "3.5", "--cfg-rescale", "0.7", "-s", "9",
            "--sampling-method", "euler_a", "--scheduler", "karras", "--eta", "0.5", "--clip-skip", "2", "--rng", "cuda", "-t", "3", "--shift", "2.5",
            "--original-size", "768x512", "--crops-coords-top-left", "16,32", "--target-size", "896x1024", "--negative-original-size", "256x128", "--negative-crops-coords-top-left", "8,0", "--negative-target-size", "64x72", "--no-pass", "winograd", "--no-pass", "stacking",
        ];
        Assert.AreEqual(0, await run.RunAsync(named ? ["generate", .. options] : options), run.Error);
        Assert.AreEqual("folder", run.Model);
        Assert.AreEqual(3, run.Options!.Threads);
        CollectionAssert.AreEqual(new[] { "winograd", "stacking" }, run.Options.WithoutPasses.ToArray());
        GenerationRequest expected = new()
        {
            Prompt = "a",
            NegativePrompt = "b",
            Width = 128,
            Height = 192,
            Steps = 7,
            CfgScale = 3.5,
            CfgRescale = 0.7,
            Seed = 9,
            Sampler = "euler_a",
            Scheduler = "karras",
            Eta = 0.5,
            ClipSkip = 2,
            Rng = NoiseKind.Cuda,
            Shift = 2.5,
            OriginalSize = new(768, 512),
            CropsCoordsTopLeft = new(16, 32),
            TargetSize = new(896, 1024),
            NegativeOriginalSize = new(256, 128),
            NegativeCropsCoordsTopLeft = new(8, 0),
            NegativeTargetSize = new(64, 72),
        };
        Assert.AreEqual(expected, run.Requests.Single());
    }

    [TestMethod]
    [DataRow("-p x --width 500", "496 and 504")]
    [DataRow("-p x --refiner-start 0.8", "--refiner-start needs a refiner: give it with --refiner")]
    [DataRow("-p x --shift 0", "--shift is '0', but must be a number above 0 to 1000")]
    [DataRow("-p x --original-size 1024", "--original-size is '1024', but must be a width and a height in pixels, such as 1024x768")]
    [DataRow("-p x --target-size 9x-1", "--target-size is '9x-1'")]
    [DataRow("-p x --crops-coords-top-left 3x4", "--crops-coords-top-left is '3x4', but must be two numbers of pixels")]
    [DataRow("-p x --preview tae", "--preview tae needs a tiny decoder: give it with --taesd")]
    [DataRow("-p x --taesd-preview-only", "--taesd-preview-only needs a tiny decoder")]
    [DataRow("-p x -H 0", "must be 8 to 65536")]
    [DataRow("-p x --steps 0", "--steps is 0")]
    [DataRow("-p x --steps -3", "--steps is -3")]
    [DataRow("-p x --steps many", "'many', but must be a whole number")]
    [DataRow("-p x --cfg-scale nan", "number 0 or more")]
    [DataRow("-p x --strength 0 -i a.png", "above 0 to 1")]
    [DataRow("-p x --strength 0.5", "--init-img")]
    [DataRow("-p x --mask a.png", "--init-img")]
    [DataRow("-p x -b 0", "--batch-count is 0")]
    [DataRow("-p x --no-pass magic", "no pass 'magic'")]
    [DataRow("-p x --rng dice", "cpu or cuda")]
    [DataRow("-p x --stps 3", "Did you mean '--steps'?")]
    [DataRow("-p x --upscale-model y", "option of stable-diffusion.cpp")]
    [DataRow("--list-devices", "devices")]
    [DataRow("-p a house", "in quotes")]
    [DataRow("inspec x", "Did you mean 'inspect'?")]
    [DataRow("-s 1", "Say what to paint")]
    [DataRow("-p x -p y", "-p")]
    [DataRow("--steps", "--steps")]
    [DataRow("-p x -o a.jpg", "only PNG")]
    [DataRow("-p x -o a%d%d.png", "2 places")]
    [DataRow("-p x -b 2 -s 18446744073709551615", "too large for 2 pictures")]
    [DataRow("-p x -s 18446744073709551616", "to 18446744073709551615")]
    [DataRow("-p x -s 1.5", "'1.5', but must be a whole number from -1")]
    public async Task WrongCommandLinesAreOneClearLineAndExitCode2(string line, string expected)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync(line.Split(' ')));
        StringAssert.Contains(run.Error, expected);
        StringAssert.StartsWith(run.Error, "error: ");
        Assert.IsLessThan(4, run.Error.Split('\n').Length, run.Error);
        Assert.IsEmpty(run.Requests);
        Assert.AreEqual(string.Empty, run.Output);
    }

    [TestMethod]
    public async Task PromptsThatLookLikeSyntaxArePrompts()
    {
        using CliRun run = new();
        foreach (string prompt in new[] { "@file", "[suggest]", "--not-an-option", string.Empty, "a\nb", "/?" })
        {
            Assert.AreEqual(0, await run.RunAsync("-o", run.Path("a.png"), "-p", prompt), run.Error);
            Assert.AreEqual(prompt, run.Requests[^1].Prompt);
        }
    }

    // Report 11.
    [TestMethod]
    [DataRow("9223372036854775807")]
    [DataRow("9223372036854775808")]
    [DataRow("18446744073709551615")]
    public async Task SeedsToTheLargestAreTaken(string seed)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-s", seed, "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual(seed, $"{run.Requests.Single().Seed}");
        Assert.AreEqual(0, await run.RunAsync("--from", run.Path("a.png"), "-o", run.Path("b.png")), run.Error);
        Assert.AreEqual(seed, $"{run.Requests[^1].Seed}");
    }

    [TestMethod]
    public async Task ANegativeSeedIsDrawnAndAZeroSeedIsASeed()
    {
        using CliRun run = new();
        await run.RunAsync("-p", "x", "-s", "-1", "-o", run.Path("a.png"));
        await run.RunAsync("-p", "x", "-s", "-1", "-o", run.Path("a.png"));
        await run.RunAsync("-p", "x", "-s", "0", "-o", run.Path("a.png"));
        Assert.IsTrue(run.Requests[0].Seed is >= 0 and <= 4294967294);
        Assert.AreNotEqual(run.Requests[0].Seed, run.Requests[1].Seed);
        Assert.AreEqual(0UL, run.Requests[2].Seed);
    }

    [TestMethod]
    public async Task AnInitialPictureSetsTheSizeAndIsFitted()
    {
        using CliRun run = new();
        new Image(70, 50).Save(run.Path("init.png"));
        new Image(70, 50).Save(run.Path("mask.png"));
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-i", run.Path("init.png"), "--mask", run.Path("mask.png"), "--strength", "0.4", "-o", run.Path("a.png")), run.Error);
        GenerationRequest request = run.Requests.Single();
        Assert.AreEqual((64, 48, 0.4), (request.Width, request.Height, request.Strength));
        Assert.AreEqual((64, 48, 64, 48), (request.InitImage!.Width, request.InitImage.Height, request.Mask!.Width, request.Mask.Height));
    }

    [TestMethod]
    public async Task AMaskOfAnotherSizeAndADamagedPictureAreNamed()
    {
        using CliRun run = new();
        new Image(64, 64).Save(run.Path("init.png"));
        new Image(32, 64).Save(run.Path("mask.png"));
        Assert.AreEqual(2, await run.RunAsync("-p", "x", "-i", run.Path("init.png"), "--mask", run.Path("mask.png")));
        StringAssert.Contains(run.Error, "32x64");
        await File.WriteAllBytesAsync(run.Path("init.png"), [1, 2, 3]);
        Assert.AreEqual(1, await run.RunAsync("-p", "x", "-i", run.Path("init.png")));
        StringAssert.Contains(run.Error, "init.png' cannot be read");
    }

    [TestMethod]
    [DataRow("--help")]
    [DataRow("generate --help")]
    [DataRow("inspect --help")]
    [DataRow("explain -h")]
    [DataRow("devices")]
    [DataRow("--version")]
    public async Task HelpAndListsArePrintedWithoutAModel(string line)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(line.Split(' ')));
        Assert.AreEqual(string.Empty, run.Error);
        Assert.AreNotEqual(string.Empty, run.Output);
        Assert.IsNull(run.Model);
    }

    [TestMethod]
    public async Task HelpTellsTheOptionsTheirDefaultsAndExamples()
    {
        using CliRun run = new();
        await run.RunAsync("--help");
        foreach (string expected in new[] { "-p, --prompt <text>", "-W, --width <pixels>", "[default: 42]", "--sampling-method", "Examples:", "inspect", "explain", "devices" })
        {
            StringAssert.Contains(run.Output, expected);
        }
    }
}
