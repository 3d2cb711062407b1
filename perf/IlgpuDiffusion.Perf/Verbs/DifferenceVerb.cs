using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>What a pass changes in the results of full-size networks with random weights.</summary>
internal static class DifferenceVerb
{
    public static Command Create()
    {
        Option<string> pass = new("--pass") { Description = "The pass that is left out.", DefaultValueFactory = _ => "winograd" };
        Command command = new("difference", "Results of the UNet and the VAE with and without a pass: nothing is written.") { pass };
        command.SetAction(parsed => Run(parsed.GetValue(pass)!));
        return command;
    }

    private static void Run(string pass)
    {
        foreach ((string name, NetworkRecipe recipe) in ((string, NetworkRecipe)[])[("UNet, 64² latents, two rows", Recipes.Unet(64, 2)), ("VAE decoder, 64² latents", Recipes.Vae(64, 1))])
        {
            (float[] with, double first) = Evaluate(recipe);
            (float[] without, double second) = Evaluate(recipe, pass);
            double largest = 0, squares = 0, all = 0;
            for (int i = 0; i < with.Length; i++)
            {
                double difference = with[i] - without[i];
                largest = Math.Max(largest, Math.Abs(difference) / (1 + Math.Abs(without[i])));
                squares += difference * difference;
                all += (double)without[i] * without[i];
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: largest |a − b| / (1 + |b|) {largest:E2}, rms of the difference ÷ rms of the result {Math.Sqrt(squares / all):E2}; {first:F2} s with {pass}, {second:F2} s without"));
        }
    }

    private static (float[] Result, double Seconds) Evaluate(NetworkRecipe recipe, params IReadOnlyCollection<string> without)
    {
        using ProductNetwork network = ProductNetwork.Random(recipe, ModelKeys.Read("sd15", recipe.Component), ElementType.F16, CpuTopology.PhysicalCores, without);
        network.Evaluate(1);
        double seconds = Math.Min(network.Evaluate(1).Seconds, network.Evaluate(1).Seconds);
        return (network.Result(), seconds);
    }
}
