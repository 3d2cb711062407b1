using System.CommandLine;
using System.Text;
using System.Text.Json;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Writes the latest results into docs/performance.md, between its two marks, and draws docs/images/performance.svg and growth.svg.</summary>
internal static class ReportVerb
{
    private const string Begin = "<!-- measured: written by the verb `report` -->";
    private const string End = "<!-- end of measured -->";

    private static readonly (string Label, string Name)[] Networks =
    [
        ("SD 1.5 UNet, 512², two rows", "unet-sd15"), ("SD 1.5 UNet, 512², two rows, 1 thread", "unet-sd15-1-thread"), ("SDXL UNet, 1024², two rows", "unet-sdxl"),
        ("SDXL UNet, 1024², one row", "unet-sdxl-batch-1"), ("SD 3 medium's transformer, 1024², one row", "mmdit-sd3-medium-batch-1"),
        ("VAE decoder, 512²", "vae-sd15"), ("VAE decoder, 512², 1 thread", "vae-sd15-1-thread"), ("VAE decoder, 1024²", "vae-sd15-128"),
        ("CLIP-L, two prompts", "text-sd15"), ("OpenCLIP-G, two prompts", "text-sdxl"), ("papercut 256², 25 steps, whole picture", "picture"),
    ];

    private static (string Processors, SimdLevel Vectors)[] Kinds => [("AVX-512", SimdLevel.Vector512), ("AVX2", SimdLevel.Vector256)];

    public static Command Create()
    {
        Command command = new("report", "Writes the latest results of all verbs into docs/performance.md and draws them.");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        ResultLog log = ResultLog.Read();
        LayerResult[] layers = log.Latest("layers", SimdLevel.Vector512) is { } l ? l.GetProperty("layers").Deserialize<LayerResult[]>()! : [];
        LayerResult[] attention = log.Latest("attention", SimdLevel.Vector512) is { } a && a.TryGetProperty("layers", out JsonElement rows) ? rows.Deserialize<LayerResult[]>()! : [];
        GrowthResult[] growth = log.Latest("growth", SimdLevel.Vector512) is { } g ? g.GetProperty("growth").Deserialize<GrowthResult[]>()! : [];
        StringBuilder text = new();
        List<(string, IReadOnlyList<(string, double)>)> groups = [];
        foreach ((string processors, SimdLevel vectors) in Kinds)
        {
            NetworkRow[] networks = [.. Networks.Select(n => (n.Label, Result: log.LatestBeside(n.Name, vectors))).Where(n => n.Result is not null).Select(n => new NetworkRow(n.Label, n.Result!.Value))];
            string[] peers = [.. networks.SelectMany(n => n.Peers).Select(p => p.Name).Distinct().Order()];
            text.Append($"**{processors}**\n\n");
            Table(text, ["one evaluation", "ours s", .. peers.Select(p => $"{p} s, ours is times as fast"), "share of FMA peak"], networks.Select(n => n.Cells(peers)));
            groups.Add(($"Whole networks, {processors}{(peers.Length > 1 ? ", against the fastest of the others" : "")}", [.. networks.Select(n => (n.Label, n.Ratio))]));
        }

        text.Append("![Times faster](images/performance.svg)\n\nLayers, AVX-512:\n\n");
        Table(
            text,
            ["layer", "ours ms", "torch ms", "times faster", "share of FMA peak"],
            layers.Concat(attention).Select(r => (string[])[$"{r.Model}: {r.Layer}", Report.Digits(r.Ours * 1e3), Report.Digits(r.Torch * 1e3), Report.Digits(r.Faster), $"{r.Share:P0}"]));
        Table(
            text,
            ["network", "picture", "seconds", "TFLOP", "plan", "peak"],
            growth.Select(r => (string[])[r.Network, $"{r.Size}²", Report.Digits(r.Seconds), Report.Digits(r.Flops / 1e12), Report.MiB(r.Planned), Report.MiB(r.Peak)]));
        text.Append("![Growth with the picture's size](images/growth.svg)\n");
        Write(Path.Combine(Checkout.Root, "docs", "performance.md"), text.ToString());

        string images = Path.Combine(Checkout.Root, "docs", "images");
        groups.AddRange(layers.Concat(attention).GroupBy(r => r.Model).Select(m => (m.Key, (IReadOnlyList<(string, double)>)[.. m.Select(r => (r.Layer, r.Faster))])));
        File.WriteAllText(Path.Combine(images, "performance.svg"), SvgBars.Draw("Times faster than others on the same two cores (torch 1.13 where nothing is said)", groups));
        File.WriteAllText(Path.Combine(images, "growth.svg"), SvgLines.Draw("Seconds of one evaluation by picture size", "s", [.. growth.GroupBy(r => r.Network).Select(n => (n.Key, (IReadOnlyList<(int, double)>)[.. n.Select(r => (r.Size, r.Seconds))]))]));
    }

    private static void Write(string file, string measured)
    {
        string text = File.ReadAllText(file);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidOperationException($"'{file}' lacks the marks '{Begin}' and '{End}'.");
        }

        File.WriteAllText(file, $"{text[..(begin + Begin.Length)]}\n\n{measured}\n{text[end..]}");
        Console.WriteLine($"Written to {file}");
    }

    private static void Table(StringBuilder text, string[] header, IEnumerable<string[]> rows)
    {
        text.Append($"| {string.Join(" | ", header)} |\n|{string.Join('|', header.Select((_, i) => i == 0 ? "---" : "--:"))}|\n");
        foreach (string[] row in rows)
        {
            text.Append($"| {string.Join(" | ", row)} |\n");
        }

        text.Append('\n');
    }
}
