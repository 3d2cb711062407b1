using System.Text.Json;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary>Command lines as people type them in their first minutes, and what they are told.</summary>
[TestClass]
public sealed class NewcomerTests
{
    // Report 01.
    [TestMethod]
    public async Task OptionsBeforeACommandApplyToIt()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-m", "/nonexistent", "-s", "7", "generate", "-p", "x", "-W", "64", "-H", "64", "--steps", "2", "-o", run.Path("g.png")), run.Error);
        Assert.AreEqual("/nonexistent", run.Model);
        Assert.AreEqual((7UL, 64, 2), (run.Requests[0].Seed, run.Requests[0].Width, run.Requests[0].Steps));
        Assert.AreEqual(1, await run.RunAsync("-m", "/nonexistent", "explain", "-p", "x"));
        StringAssert.Contains(run.Error, "/nonexistent");
    }

    [TestMethod]
    [DataRow("-o a.png explain -p x", "Unknown option '-o'")]
    [DataRow("-s 1 inspect x", "Unknown option '-s'")]
    [DataRow("-s 1 generate -p x -s 2", "-s")]
    [DataRow("--seed 1 devices", "Unknown option '--seed'")]
    public async Task OptionsThatACommandDoesNotHaveAreRefused(string line, string expected)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync(line.Split(' ')));
        StringAssert.Contains(run.Error, expected);
    }

    [TestMethod]
    public async Task WordsThatAreValuesAreNoCommands()
    {
        using CliRun run = new();
        foreach (string word in (string[])["generate", "inspect", "help", "version", "--", "-Wow", "-x9"])
        {
            Assert.AreEqual(0, await run.RunAsync("-p", word, "-W", "64", "-o", run.Path("a.png")), run.Error);
            Assert.AreEqual((word, 64), (run.Requests[^1].Prompt, run.Requests[^1].Width));
        }
    }

    [TestMethod]
    [DataRow("-W64 -H128 -s7 -b2")]
    [DataRow("-W=64 -H=128 -s=7 -b=2")]
    [DataRow("--width=64 --height 128 -s 7 --batch-count=2")]
    public async Task ValuesMayFollowTheirOptionsAtOnce(string line)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(["-p", "x", "-o", run.Path("a.png"), .. line.Split(' ')]), run.Error);
        Assert.AreEqual((64, 128, 7UL), (run.Requests[0].Width, run.Requests[0].Height, run.Requests[0].Seed));
        Assert.AreEqual(2, run.Requests.Single().BatchCount);
    }

    [TestMethod]
    [DataRow("help", "Commands:")]
    [DataRow("help generate", "--prompt")]
    [DataRow("help inspect", "--tensors")]
    [DataRow("version", "ILGPU")]
    [DataRow("samplers", "DPM++ 2M")]
    [DataRow("samplers", "sgm_uniform")]
    [DataRow("completion bash", "complete -o default")]
    [DataRow("completion zsh", "compdef")]
    [DataRow("completion fish", "complete -c")]
    [DataRow("completion pwsh", "Register-ArgumentCompleter")]
    public async Task WordsThatAreTriedWork(string line, string expected)
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync(line.Split(' ')), run.Error);
        StringAssert.Contains(run.Output, expected);
        Assert.AreEqual(string.Empty, run.Error);
    }

    [TestMethod]
    [DataRow("--num-inference-steps", "--steps")]
    [DataRow("--num_inference_steps", "--steps")]
    [DataRow("--guidance-scale", "--cfg-scale")]
    [DataRow("--batch", "--batch-count")]
    [DataRow("--batch-size", "--batch-count")]
    [DataRow("--upscale-model", "does not have")]
    [DataRow("--negative", "'--negative-prompt'")]
    [DataRow("--samp", "'--sampler'")]
    [DataRow("--cfg_scale", "'--cfg-scale'")]
    [DataRow("--outdir", "--output")]
    [DataRow("--checkpoint", "--model")]
    [DataRow("--denoising-strength", "--strength")]
    [DataRow("--stps", "'--steps'")]
    public async Task OptionsOfOtherProgramsAreKnown(string option, string expected)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync("-p", "x", option, "3"));
        StringAssert.Contains(run.Error.Split('\n')[0], expected);
    }

    // Report 20.
    [TestMethod]
    [DataRow("-m")]
    [DataRow("-o")]
    [DataRow("-i")]
    [DataRow("--sampler")]
    [DataRow("--from")]
    public async Task AnEmptyValueIsNamed(string option)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync("-p", "x", option, ""));
        StringAssert.Contains(run.Error, "is empty");
        StringAssert.Contains(run.Error, "--");
    }

    [TestMethod]
    public async Task AFileThatIsNoWholeModelIsCalledWhatItIs()
    {
        using CliRun run = new() { UsesPipeline = true };
        Lora(run.Path("lora.safetensors"));
        Assert.AreEqual(1, await run.RunAsync("-p", "x", "-m", run.Path("lora.safetensors"), "-o", run.Path("a.png")));
        StringAssert.Contains(run.Error, "is a LoRA");
        Assert.DoesNotContain("checkpoint", run.Error);
    }

    [TestMethod]
    public async Task InspectSaysRankAndAlphaAndWhetherAModelRunsHere()
    {
        using CliRun run = new();
        Lora(run.Path("lora.safetensors"));
        Assert.AreEqual(0, await run.RunAsync("inspect", run.Path("lora.safetensors")), run.Error);
        StringAssert.Contains(run.Output, "LoRA of 2 modules, rank 4, alpha 2");
        Assert.AreEqual(0, await run.RunAsync("inspect", Papercut.PapercutModel.Folder), run.Error);
        StringAssert.Contains(run.Output, "runs here: yes");
    }

    [TestMethod]
    public async Task InspectAndMetadataShowHowAPictureWasMade()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "a red house", "-s", "5", "-o", run.Path("a.png")), run.Error);
        foreach (string command in (string[])["metadata", "inspect"])
        {
            using CliRun show = new();
            Assert.AreEqual(0, await show.RunAsync(command, run.Path("a.png")), show.Error);
            StringAssert.Contains(show.Output, "picture of 16x16 pixels");
            StringAssert.Contains(show.Output, "a red house");
            StringAssert.Contains(show.Output, "Seed: 5");
        }

        new Image(8, 8).Save(run.Path("plain.png"));
        Assert.AreEqual(1, await run.RunAsync("metadata", run.Path("plain.png")));
        StringAssert.Contains(run.Error, "does not say how it was made");
    }

    [TestMethod]
    public async Task ADrawnSeedIsAlwaysTold()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-s", "-1", "-q", "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual($"seed {run.Requests[0].Seed}", run.Error.Trim());
        Assert.AreEqual(run.Path("a.png"), run.Output.Trim());
    }

    [TestMethod]
    public async Task QuietPrintsNamesAlone()
    {
        using CliRun run = new() { Warnings = ["something else is done"], ShowsProgress = true, OutputIsTerminal = true };
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "-q", "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual(run.Path("a.png"), run.Output.Trim());
        Assert.AreEqual(string.Empty, run.Error);
        using CliRun loud = new() { Warnings = ["something else is done"] };
        Assert.AreEqual(0, await loud.RunAsync("-p", "x", "-o", loud.Path("a.png")), loud.Error);
        StringAssert.Contains(loud.Error, "warning: something else is done");
    }

    [TestMethod]
    public async Task JsonIsALineForEveryPicture()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "ein Haus, 山", "-s", "18446744073709551614", "-b", "2", "--json", "-o", run.Path("a.png")), run.Error);
        string[] lines = run.Output.Trim().Split('\n');
        Assert.HasCount(2, lines);
        using JsonDocument last = JsonDocument.Parse(lines[1]);
        Assert.AreEqual(run.Path("a_2.png"), last.RootElement.GetProperty("file").GetString());
        Assert.AreEqual(ulong.MaxValue, last.RootElement.GetProperty("seed").GetUInt64());
        Assert.AreEqual("ein Haus, 山", last.RootElement.GetProperty("prompt").GetString());
        Assert.AreEqual(16, last.RootElement.GetProperty("width").GetInt32());
        StringAssert.Contains(lines[1], "山");
    }

    [TestMethod]
    public async Task PromptsComeFromAFileOrStandardInput()
    {
        using CliRun run = new() { Input = "three\n" };
        File.WriteAllText(run.Path("prompts.txt"), "one\r\n\r\n  two  \n");
        Assert.AreEqual(0, await run.RunAsync("--prompts", run.Path("prompts.txt"), "-s", "5", "-b", "2", "-o", run.Path("p%d.png")), run.Error);
        Assert.AreEqual("one 5 2, two 5 2", string.Join(", ", run.Requests.Select(r => $"{r.Prompt} {r.Seed} {r.BatchCount}")));
        Assert.HasCount(4, run.Output.Trim().Split('\n'));
        Assert.AreEqual(0, await run.RunAsync("--prompts", "-", "-o", run.Path("q.png")), run.Error);
        Assert.AreEqual("three", run.Requests[^1].Prompt);
        using CliRun empty = new();
        Assert.AreEqual(2, await empty.RunAsync("--prompts", "-", "-o", empty.Path("q.png")));
        StringAssert.Contains(empty.Error, "holds no prompt");
        Assert.AreEqual(1, await run.RunAsync("--prompts", run.Path("none.txt")));
        StringAssert.Contains(run.Error, "does not exist");
        Assert.AreEqual(2, await run.RunAsync("--prompts", run.Path("prompts.txt"), "-p", "x"));
    }

    [TestMethod]
    [DataRow("--preview", "preview.png")]
    [DataRow("--preview vae --preview-path look.png", "look.png")]
    [DataRow("--preview-path look.png --preview-interval 2", "look.png")]
    [DataRow("--preview none", null)]
    public async Task ThePictureSoFarIsWritten(string options, string? file)
    {
        using CliRun run = new();
        string[] words = [.. options.Split(' ').Select(word => word.EndsWith(".png", StringComparison.Ordinal) ? run.Path(word) : word)];
        string current = Directory.GetCurrentDirectory();
        Assert.AreEqual(0, await run.RunAsync(["-p", "x", "-o", run.Path("a.png"), .. words]), run.Error);
        string? written = file is null ? null : file == "preview.png" ? Path.Combine(current, file) : run.Path(file);
        Assert.AreEqual(written is not null, run.Requests[0].PreviewInterval > 0);
        if (written is not null)
        {
            Assert.AreEqual(8, Image.Load(written).Width);
            File.Delete(written);
        }
    }

    [TestMethod]
    [DataRow("look.jpg", "--preview-path 'look.jpg': only PNG files are written; name it look.png.")]
    [DataRow("-", "name one such as preview.png")]
    public async Task ThePictureSoFarIsAPngFile(string path, string says)
    {
        using CliRun run = new();
        Assert.AreEqual(2, await run.RunAsync("-p", "x", "-o", run.Path("a.png"), "--preview-path", path));
        StringAssert.Contains(run.Error, says);
        Assert.IsEmpty(run.Requests);
    }

    [TestMethod]
    public async Task VerboseSaysWhatCameOutAndHowLongItTook()
    {
        using CliRun run = new() { UsesPipeline = true };
        Assert.AreEqual(0, await run.RunAsync("-m", "papercut", "-p", "a red house", "-W", "64", "-H", "64", "--steps", "2", "-v", "-o", run.Path("a.png")), run.Error);
        StringAssert.Contains(run.Error, "64 x 64 pixels, 2 steps (2 evaluations), sampler DDIM, guidance 4.5");
        StringAssert.Contains(run.Error, "denoising");
        StringAssert.Contains(run.Error, "decoding");
        StringAssert.Contains(run.Error, "was made for 128 to 320 pixels");
        Assert.AreEqual(4.5, PictureMetadata.Read(run.Path("a.png")).CfgScale);
    }

    // Report 18.
    [TestMethod]
    public async Task AVariantIsChosen()
    {
        using CliRun run = new();
        Assert.AreEqual(0, await run.RunAsync("-p", "x", "--variant", "bf16", "-o", run.Path("a.png")), run.Error);
        Assert.AreEqual("bf16", run.Options!.Variant);
        string unet = Directory.CreateDirectory(run.Path("unet")).FullName;
        foreach (string variant in (string[])["bf16", "non_ema"])
        {
            File.Copy(Path.Combine(Papercut.PapercutModel.Folder, "vae", "diffusion_pytorch_model.safetensors"), Path.Combine(unet, $"diffusion_pytorch_model.{variant}.safetensors"));
        }

        Assert.AreEqual(1, await run.RunAsync("inspect", unet));
        StringAssert.Contains(run.Error, "--variant bf16");
        Assert.AreEqual(0, await run.RunAsync("inspect", unet, "--variant", "bf16"), run.Error);
    }

    private static void Lora(string path)
    {
        SafetensorsWriter writer = new();
        foreach (string module in (string[])["lora_unet_a", "lora_unet_b"])
        {
            writer.Add($"{module}.lora_down.weight", [4, 8], new float[32]);
            writer.Add($"{module}.lora_up.weight", [8, 4], new float[32]);
            writer.Add($"{module}.alpha", [], [2f]);
        }

        writer.Save(path);
    }
}
