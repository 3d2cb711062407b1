using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Writes the latest results into docs/performance.md, between its two marks, and draws docs/images/performance.svg and growth.svg.</summary>
internal static class ReportVerb
{
    private const string Begin = "<!-- measured: written by the verb `report` -->";
    private const string End = "<!-- end of measured -->";

    private static readonly (string Label, string Name)[] Networks =
    [
        ("SD 1.5 UNet, 512², two rows", "unet-sd15"), ("SD 1.5 UNet, 512², two rows, 1 thread", "unet-sd15-1-thread"), ("SDXL UNet, 1024², two rows", "unet-sdxl"),
        ("VAE decoder, 512²", "vae-sd15"), ("VAE decoder, 512², 1 thread", "vae-sd15-1-thread"), ("VAE decoder, 1024²", "vae-sd15-128"),
        ("CLIP-L, two prompts", "text-sd15"), ("OpenCLIP-G, two prompts", "text-sdxl"), ("papercut 256², 25 steps, whole picture", "picture"),
    ];

    public static Command Create()
    {
        Command command = new("report", "Writes the latest results of all verbs into docs/performance.md and draws them.");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        ResultLog log = ResultLog.Read();
        LayerResult[] layers = log.Latest("layers") is { } l ? l.GetProperty("layers").Deserialize<LayerResult[]>()! : [];
        LayerResult[] attention = log.Latest("attention") is { } a && a.TryGetProperty("layers", out JsonElement rows) ? rows.Deserialize<LayerResult[]>()! : [];
        GrowthResult[] growth = log.Latest("growth") is { } g ? g.GetProperty("growth").Deserialize<GrowthResult[]>()! : [];
        (string Label, JsonElement Result)[] networks = [.. Networks.Select(n => (n.Label, Result: log.Latest(n.Name))).Where(n => n.Result is not null).Select(n => (n.Label, n.Result!.Value))];

        StringBuilder text = new();
        Table(
            text,
            ["one evaluation", "ours s", "torch s", "times faster", "share of FMA peak"],
            networks.Select(n => (string[])[n.Label, Digits(n.Result, "ours_median_s"), Digits(n.Result, "torch_median_s"), $"**{Report.Digits(Number(n.Result, "ratio")!.Value)}**", Share(n.Result)]));
        text.Append("![Times faster than torch](images/performance.svg)\n\n");
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
        (string, IReadOnlyList<(string, double)>)[] groups =
        [
            ("Whole networks", [.. networks.Select(n => (n.Label, Number(n.Result, "ratio")!.Value))]),
            .. layers.Concat(attention).GroupBy(r => r.Model).Select(m => (m.Key, (IReadOnlyList<(string, double)>)[.. m.Select(r => (r.Layer, r.Faster))])),
        ];
        File.WriteAllText(Path.Combine(images, "performance.svg"), SvgBars.Draw("Times faster than torch 1.13 on the same two cores", groups));
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

    private static double? Number(JsonElement result, string key) => result.TryGetProperty(key, out JsonElement value) ? value.GetDouble() : null;

    private static string Digits(JsonElement result, string key) => Report.Digits(Number(result, key)!.Value, 3);

    private static string Share(JsonElement result) =>
        Number(result, "gflop") is { } flop && Number(result, "fma_peak_gflops") is { } peak ? $"{flop / Number(result, "ours_median_s")!.Value / peak:P0}" : "";
}
