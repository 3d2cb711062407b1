using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>A whole picture of the model that ships, against the evaluations of its networks alone in torch, in turns.</summary>
internal static class PictureVerb
{
    private const string Prompt = "a blue lake at sunset with a boat with a white sail on the left and the sun on the right";
    private const int Steps = 25;
    private const int Side = 256;

    public static Command Create()
    {
        Option<int> rounds = new("--rounds") { Description = "Measured rounds, after one that is not.", DefaultValueFactory = _ => 5 };
        Option<int> threads = new("--threads", "-t") { Description = "Threads of both.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<string> python = new("--python") { Description = "The interpreter that has torch.", DefaultValueFactory = _ => "/usr/bin/python3" };
        Command command = new("picture", "Prompt to picture with the model that ships, 256², 25 steps, against torch's networks.") { rounds, threads, python };
        command.SetAction((parsed, cancellation) => Run(parsed.GetValue(rounds), parsed.GetValue(threads), parsed.GetRequiredValue(python), cancellation));
        return command;
    }

    private static async Task Run(int rounds, int threads, string python, CancellationToken cancellation)
    {
        Machine machine = Machine.Read();
        using TorchPeer torch = new(python, threads, stock: false);
        const int latents = Side / 8;
        torch.Prepare($"text {PapercutModel.Folder} 2");
        torch.Prepare($"unet {PapercutModel.Folder} {latents} {latents} 2");
        torch.Prepare($"vae {PapercutModel.Folder} {latents} {latents} 1");
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(PapercutModel.Folder, new PipelineOptions { Threads = threads }, cancellation: cancellation);
        List<double> mine = [], theirs = [];
        for (int round = 0; round <= rounds; round++)
        {
            // A new seed a round; the prompt changes too, so that its text is encoded each time.
            GenerationRequest request = new() { Prompt = $"{Prompt} {round}", Seed = (ulong)round, Steps = Steps, Width = Side, Height = Side };
            double before = round % 2 == 0 ? Networks(torch) : 0;
            GenerationTimes times = (await pipeline.GenerateAsync(request, cancellation: cancellation)).Times;
            double after = round % 2 == 1 ? Networks(torch) : 0, seconds = (times.Text + times.Denoising + times.Decoding).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: ours {seconds:F3} s, torch {before + after:F3} s"));
            if (round > 0)
            {
                mine.Add(seconds);
                theirs.Add(before + after);
            }
        }

        double[] faster = [.. theirs.Zip(mine, (t, m) => t / m)];
        Report report = new("picture", "A picture of the model that ships, against torch", machine);
        report.Say($"papercut, {Side}×{Side}, {Steps} steps, guided (two rows), {pipeline.DeviceName}. Theirs: {torch.Banner}; one text encoding, {Steps} UNet evaluations and one decoding, with no sampler between them.");
        report.Table(["", "median s"], [["ours, prompt to picture", Report.Digits(Statistics.Median(mine), 3)], ["torch, its networks alone", Report.Digits(Statistics.Median(theirs), 3)]]);
        report.Say($"**{Report.Digits(Statistics.Median(faster))} times as fast** (median over {rounds} rounds in turns; {Report.Digits(faster.Min())} to {Report.Digits(faster.Max())}).");
        report.Number("threads", threads).Number("ours_median_s", Statistics.Median(mine)).Number("torch_median_s", Statistics.Median(theirs)).Number("ratio", Statistics.Median(faster)).Save();
    }

    private static double Networks(TorchPeer torch) => torch.Run("text") + Enumerable.Range(0, Steps).Sum(_ => torch.Run("unet")) + torch.Run("vae");
}
