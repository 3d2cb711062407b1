using System.Globalization;
using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Perf;

/// <summary>Requests whose expected seconds are held against those that they take; the first is what rates are measured for.</summary>
internal static class CostCases
{
    private const string Prompt = "a blue lake at sunset with a boat with a white sail on the left and the sun on the right";

    private static readonly (string Name, AccelerationPolicy? Policy)[] Policies =
    [
        ("exact", null),
        ("deepcache 2", new(new DeepCache { Every = 2 })),
        ("tgate 0.4", new(new TGate())),
        ("guidance to 0.5, held", new(new Guidance { End = 0.5, After = GuidanceAfter.Hold })),
        ("prediction by 2, Taylor", new(new Cache { Where = new WholePrediction(), When = new Cadence { Every = 2 }, How = new Taylor() })),
        ("hypertile 128", new(new HyperTile { Tile = 128 })),
        ("hypertile 256", new(new HyperTile { Tile = 256 })),
        ("todo 2", new(new ToDo { Factors = [2, 2] })),
        ("tome 0.5", new(new ToMe())),
        ("deep shrink 2", new(new DeepShrink { End = 0.5 })),
    ];

    private static readonly (int Width, int Height, string[] Names)[] Papercut =
    [
        (256, 256, [.. Policies.Select(p => p.Name).Where(name => name != "hypertile 256")]),
        (192, 192, ["exact", "deepcache 2", "guidance to 0.5, held", "todo 2"]),
        (320, 256, ["exact", "tgate 0.4", "hypertile 128", "tome 0.5"]),
        (384, 384, ["exact", "prediction by 2, Taylor", "todo 2", "deep shrink 2"]),
    ];

    private static readonly string[] FullSize = ["exact", "hypertile 256", "todo 2", "deepcache 2", "exact", "deep shrink 2", "tgate 0.4", "exact"];

    /// <summary>The twenty requests to the model that ships that are always the same.</summary>
    public static (string Name, GenerationRequest Request)[] Always(int steps) => Of(Papercut, steps);

    /// <summary>Requests to a model of full size, with exact ones of one step between them.</summary>
    public static (string Name, GenerationRequest Request)[] OfFullSize(int steps) => [.. FullSize.Select(name => Of(512, 512, name, Policies.Single(p => p.Name == name).Policy, name == "exact" ? 1 : steps))];

    /// <summary>Twenty that are drawn, sizes and settings, and what rates are measured for.</summary>
    public static (string Name, GenerationRequest Request)[] Drawn(int seed, int steps)
    {
        Random random = new(seed);
        int Side() => 32 * random.Next(4, 13);
        double Share() => random.Next(3, 8) / 10.0;
        (string, ITechnique?) Technique(int kind)
        {
            (int every, double share, int tile) = (random.Next(2, 5), Share(), 32 * random.Next(2, 6));
            return kind switch
            {
                0 => ("exact", null),
                1 => ($"deepcache {every}", new DeepCache { Every = every }),
                2 => (Text($"tgate {share}"), new TGate { Gate = share }),
                3 => (Text($"guidance to {share}"), new Guidance { End = share, After = GuidanceAfter.Conditional }),
                4 => ($"prediction by {every}", new Cache { Where = new WholePrediction(), When = new Cadence { Every = every }, How = new Taylor() }),
                5 => ($"hypertile {tile}", new HyperTile { Tile = tile }),
                6 => ("todo 2", new ToDo { Factors = [2, 2] }),
                7 => ("todo 2, 2", new ToDo { Factors = [2, 2, 2] }),
                8 => (Text($"tome {share}"), new ToMe { Ratio = share }),
                _ => (Text($"deep shrink to {share}"), new DeepShrink { End = share }),
            };
        }

        return [Of(256, 256, "exact", null, steps), .. Enumerable.Range(0, 20).Select(i =>
        {
            (int width, int height) = (Side(), Side());
            (string name, ITechnique? technique) = Technique(i % 10);
            return Of(width, height, name, technique is null ? null : new AccelerationPolicy(technique), steps);
        })];
    }

    private static (string, GenerationRequest)[] Of((int Width, int Height, string[] Names)[] sizes, int steps) =>
        [.. sizes.SelectMany(size => size.Names.Select(name => Of(size.Width, size.Height, name, Policies.Single(p => p.Name == name).Policy, steps)))];

    private static (string, GenerationRequest) Of(int width, int height, string name, AccelerationPolicy? policy, int steps) =>
        ($"{width}x{height}, {name}", new GenerationRequest { Prompt = Prompt, Seed = 3, Steps = steps, Width = width, Height = height, Policy = policy });

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
