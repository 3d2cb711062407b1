using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Every pair of techniques runs, or is refused before anything runs.</summary>
[TestClass]
public sealed class CompositionPapercutTests
{
    private static readonly GenerationRequest Request = TestModels.Small with { Width = 128, Height = 64, Steps = 8, CfgRescale = 0.3 };

    // One of each kind, with settings that do something to a small picture, and one that do nothing.
    internal static readonly Dictionary<string, (ITechnique Active, ITechnique Neutral)> Samples = new()
    {
        ["cache"] = (new Cache { Where = new BlockRange(), When = new Cadence { Every = 2 }, How = new Taylor() }, new Cache { Where = new WholePrediction(), When = new Cadence { Every = 1 } }),
        ["deepcache"] = (new DeepCache { Every = 3, Branch = 1 }, new DeepCache { Every = 1 }),
        ["deepshrink"] = (new DeepShrink { End = 0.5 }, new DeepShrink { Factor = 1 }),
        ["ditcache"] = (new DiTCache { Start = 0.25 }, new DiTCache { Start = 1 }),
        ["guidance"] = (new Guidance { End = 0.6, After = GuidanceAfter.Hold }, new Guidance()),
        ["hypertile"] = (new HyperTile { Tile = 32 }, new HyperTile { Tile = 1024 }),
        ["localglobal"] = (new LocalGlobal { Tile = 32, Factor = 2 }, new LocalGlobal { Tile = 1024 }),
        ["tgate"] = (new TGate { Gate = 0.5, SelfEvery = 3 }, new TGate { Gate = 1, SelfEvery = 1 }),
        ["todo"] = (new ToDo { Factors = [2, 2] }, new ToDo()),
        ["tome"] = (new ToMe { MaxDownsample = 8 }, new ToMe { Ratio = 0 }),
    };

    private static readonly SharedPipelines<string> Pipelines = new(folder => TestModels.Open(folder));

    // Without any technique, and with one alone.
    private static readonly Remembered<string, float[]> Latents = new(name => Pipeline.Latents(name.Length == 0 ? Request : Request with { Policy = new(Samples[name].Active) }));

    private static DiffusionPipeline Pipeline => Pipelines[TestModels.Papercut];

    public static IEnumerable<object[]> Pairs => from first in TechniqueCatalogue.Default.Names from second in TechniqueCatalogue.Default.Names where string.CompareOrdinal(first, second) <= 0 select new object[] { first, second };

    [ClassCleanup]
    public static async Task Close() => await Pipelines.DisposeAsync();

    [TestMethod]
    public void EveryTechniqueHasItsSample() => CollectionAssert.AreEqual(TechniqueCatalogue.Default.Names.ToArray(), Samples.Keys.Order(StringComparer.Ordinal).ToArray());

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    public async Task EveryPairRunsOrIsRefused(string first, string second)
    {
        (ITechnique a, ITechnique b) = (Samples[first].Active, Samples[second].Active);
        string documented = Documented(first, second);
        if (documented != "runs")
        {
            string reason = Assert.ThrowsExactly<RequestException>(() => Pipeline.Explain(Request with { Policy = new(a, b) })).Message;
            StringAssert.Contains(reason, $"'{first}");
            StringAssert.Contains(reason, $"'{second}");
            Assert.AreEqual(1, reason.Split('\n').Length);
            Assert.AreEqual("refused", documented);
            return;
        }

        GenerationRequest request = Request with { Policy = new(a, b) };
        float[] both = await Pipeline.Latents(request);
        Assert.IsTrue(both.All(float.IsFinite));
        await Same(both, request, Request with { Policy = new(b, a) }, "the order does not matter");
        CollectionAssert.AreNotEqual(await Latents[""], both);
    }

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    public async Task NeutralSettingsChangeNothingBesideAnother(string first, string second)
    {
        foreach ((string active, string neutral) in (IEnumerable<(string, string)>)[(first, second), (second, first)])
        {
            if (active != neutral && Documented(first, second) == "runs")
            {
                await Same(
                    await Latents[active],
                    Request with { Policy = new(Samples[active].Active) },
                    Request with { Policy = new(Samples[active].Active, Samples[neutral].Neutral) },
                    $"{active} with a neutral {neutral}");
            }
        }
    }

    // Equal plans are one program with the same numbers; what is planned otherwise is painted.
    private static async Task Same(float[] expected, GenerationRequest request, GenerationRequest other, string why)
    {
        ResolvedRequest first = Pipeline.Resolve(request), second = Pipeline.Resolve(other);
        if (first.Key != second.Key || first.Steps != second.Steps || !first.Plan.VariantOf.SequenceEqual(second.Plan.VariantOf) || Numbers(first) != Numbers(second))
        {
            CollectionAssert.AreEqual(expected, await Pipeline.Latents(other), why);
        }

        static string Numbers(ResolvedRequest request) =>
            string.Join(' ', request.Plan.Numbers.Names.Order(StringComparer.Ordinal).Select(name => $"{name}={Convert.ToHexString(request.Plan.Numbers.Rows(name))}"));
    }

    // The table of docs/acceleration.md: rows and columns by name, below the diagonal.
    internal static string Documented(string first, string second)
    {
        string[][] rows = [.. File.ReadLines(Path.Combine(Golden.Checkout, "docs", "acceleration.md"))
            .SkipWhile(line => !line.StartsWith("## Which go together", StringComparison.Ordinal))
            .Where(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray())];
        int column = Array.IndexOf(rows[0], first);
        string[] row = rows.Single(row => row[0] == second);
        return column > 0 && row[column].Length > 0 ? row[column] : throw new InvalidDataException($"docs/acceleration.md does not say whether {first} and {second} go together.");
    }
}
