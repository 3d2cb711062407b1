using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>The default command from its start to the finished file, against the time that the computation alone takes.</summary>
internal static class PapercutVerb
{
    private const string Prompt = "a blue lake at sunset with a boat with a white sail on the left and the sun on the right";
    private const double Bound = 1.2;

    public static Command Create()
    {
        Option<int> rounds = new("--rounds") { Description = "Rounds of both, in turns.", DefaultValueFactory = _ => 5 };
        Option<string?> program = new("--command-line") { Description = "A published ilgpu-diffusion (executable or .dll), in place of the one that this program's build made." };
        Command command = new("papercut", "Prompt to picture with the model that ships: start to finish against computation.") { rounds, program };
        command.SetAction((parsed, cancellation) => Run(parsed.GetValue(rounds), parsed.GetValue(program) ?? ChildProcess.CommandLine, cancellation));
        return command;
    }

    private static async Task Run(int rounds, string program, CancellationToken cancellation)
    {
        Machine machine = Machine.Read();
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(PapercutModel.Folder, cancellationToken: cancellation);
        GenerationRequest request = new() { Prompt = Prompt, Seed = 11 };
        await pipeline.GenerateAsync(request, cancellationToken: cancellation);

        string file = Path.Combine(Path.GetTempPath(), $"papercut-{Environment.ProcessId}.png");
        List<double> whole = [];
        List<GenerationTimes> computing = [];
        try
        {
            for (int round = 0; round < rounds; round++)
            {
                whole.Add(ChildProcess.Run(program, "-p", Prompt, "-s", "11", "-o", file).Seconds);
                if (!File.Exists(file))
                {
                    throw new InvalidOperationException($"The command line ended well and wrote no '{file}'.");
                }

                computing.Add((await pipeline.GenerateAsync(request, cancellationToken: cancellation)).Times);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: start to file {whole[^1]:F2} s, computation {Seconds(computing[^1]):F2} s"));
            }
        }
        finally
        {
            File.Delete(file);
        }

        double[] ratios = [.. whole.Zip(computing, (w, c) => w / Seconds(c))];
        double ratio = Statistics.Median(ratios), compute = Statistics.Median(computing.Select(Seconds));
        Explanation plan = pipeline.Explain(request);
        Report report = new("papercut", "Prompt to picture with the model that ships", machine);
        report.Say($"{pipeline.DeviceName}; {plan.Width}x{plan.Height}, {plan.Steps} steps, {plan.Sampler}, {plan.Evaluations} evaluations of {plan.Branches} rows, {Report.Digits(plan.Flops / 1e9, 0)} GFLOP.");
        report.Table(["", "median s"],
        [
            ["text", Report.Digits(Statistics.Median(computing.Select(c => c.Text.TotalSeconds)), 3)],
            ["denoising", Report.Digits(Statistics.Median(computing.Select(c => c.Denoising.TotalSeconds)), 3)],
            ["decoding", Report.Digits(Statistics.Median(computing.Select(c => c.Decoding.TotalSeconds)), 3)],
            ["computation, in a process that is warm", Report.Digits(compute, 3)],
            ["**start of the process to the finished PNG**", $"**{Report.Digits(Statistics.Median(whole), 3)}**"],
        ]);
        report.Say($"**start to finish / computation = {Report.Digits(ratio)}** (median over {rounds} rounds in turns, {Report.Digits(ratios.Min())} to {Report.Digits(ratios.Max())}); bound {Report.Digits(Bound, 1)}: {(ratio <= Bound ? "held" : "NOT held")}. {Report.Digits(plan.Flops / compute / 1e9, 0)} GFLOP/s.");
        report.Number("start_to_finish_s", whole).Number("computation_s", computing.Select(Seconds)).Number("ratio", ratio).Save();
    }

    private static double Seconds(GenerationTimes times) => (times.Text + times.Denoising + times.Decoding).TotalSeconds;
}
