using System.CommandLine;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Where a convolution by Winograd's tiles spends its time.</summary>
internal static class PartsVerb
{
    private static (int Batch, int Channels, int Side, int Outputs)[] Layers => [(2, 320, 64, 320), (2, 640, 32, 640), (2, 1280, 16, 1280), (1, 128, 512, 128)];

    public static Command Create()
    {
        Command command = new("parts", "The parts of 3×3 convolutions by F(4×4), on one thread.");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        Report report = new("parts", "Parts of convolutions by F(4×4)", Machine.Read());
        double peak = FmaPeak.Measure(1);
        report.Say($"F32 weights, one thread; the peak of a register-only FMA loop is {Report.Digits(peak / 1e9, 0)} GFLOP/s. Results are what a task takes beside weights and products: transforming the sums back, epilogue, writing.");
        List<string[]> rows = [];
        foreach ((int batch, int channels, int side, int outputs) in Layers)
        {
            using WinogradParts parts = new(batch, channels, side, outputs);
            (double inputs, double tasks, double weights, double products) = (parts.Inputs(), parts.Tasks(), parts.Weights(), parts.Products());
            rows.Add([parts.Describes, Ms(inputs), Ms(weights), Ms(products), $"{parts.Flops / products / peak:P0}", Ms(tasks - weights - products), Ms(inputs + tasks)]);
            Console.WriteLine(string.Join(" | ", rows[^1]));
        }

        report.Table(["layer", "inputs ms", "weights ms", "products ms", "of the peak", "results ms", "all ms"], rows).Save();

        static string Ms(double seconds) => Report.Digits(seconds * 1e3);
    }
}
