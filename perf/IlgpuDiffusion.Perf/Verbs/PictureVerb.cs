using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>A whole picture of the model that ships, against the evaluations of its networks alone in other programs, in turns.</summary>
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
        Option<string[]> peers = Peers.Option();
        Option<bool> pause = Rounds.Pause();
        Command command = new("picture", "Prompt to picture with the model that ships, 256², 25 steps, against its networks in other programs.") { rounds, threads, peers, python, pause };
        command.SetAction((parsed, cancellation) => Run(parsed.GetValue(rounds), parsed.GetValue(threads), parsed.GetRequiredValue(python), parsed.GetRequiredValue(peers), parsed.GetValue(pause), cancellation));
        return command;
    }

    private static async Task Run(int rounds, int threads, string python, string[] names, bool pause, CancellationToken cancellation)
    {
        Machine machine = Machine.Read();
        using Peers peers = Peers.Start(python, names, threads);
        const int latents = Side / 8;
        peers.Prepare("text", PapercutModel.Folder, "2");
        peers.Prepare("unet", PapercutModel.Folder, $"{latents} {latents} 2");
        peers.Prepare("vae", PapercutModel.Folder, $"{latents} {latents} 1");
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(PapercutModel.Folder, new PipelineOptions { Threads = threads }, cancellationToken: cancellation);
        List<double> mine = [];
        List<GenerationTimes> parts = [];
        List<double[]> theirs = [];
        for (int round = 0; round <= rounds; round++)
        {
            // A new seed a round; the prompt changes too, so that its text is encoded each time.
            GenerationRequest request = new() { Prompt = $"{Prompt} {round}", Seed = (ulong)round, Steps = Steps, Width = Side, Height = Side };
            double[] others = round % 2 == 0 ? peers.Turns(round, Networks) : [];
            GenerationTimes times = (await pipeline.GenerateAsync(request, cancellationToken: cancellation)).Times;
            others = round % 2 == 1 ? peers.Turns(round, Networks) : others;
            double seconds = (times.Text + times.Denoising + times.Decoding).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: ours {seconds:F3} s{string.Concat(peers.All.Zip(others, (p, s) => $", {p.Name} {Report.Digits(s, 3)} s"))}"));
            if (round > 0)
            {
                mine.Add(seconds);
                parts.Add(times);
                theirs.Add(others);
            }

            Rounds.Paused(pause && round == 0);
        }

        Report report = new("picture", "A picture of the model that ships, against its networks in other programs", machine);
        report.Say($"papercut, {Side}×{Side}, {Steps} steps, guided (two rows), {pipeline.DeviceName}: ours from prompt to picture. Theirs is one text encoding, {Steps} UNet evaluations and one decoding, with no sampler between them.");
        PeerTimes.Tell(report, mine, ProcessMemory.Peak, PeerTimes.Of(peers, mine, theirs));
        report.Say($"Of ours, medians: text {Part(t => t.Text)} s, {Steps} evaluations with the sampler {Part(t => t.Denoising)} s, decoding {Part(t => t.Decoding)} s.");
        report.Number("threads", threads).Save();

        string Part(Func<GenerationTimes, TimeSpan> part) => Report.Digits(Statistics.Median(parts.Select(t => part(t).TotalSeconds)), 3);
    }

    private static double Networks(Peer peer) => peer.Run("text") + Enumerable.Range(0, Steps).Sum(_ => peer.Run("unet")) + peer.Run("vae");
}
