using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.OwnTechnique;
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
            Refused(new(a, b), [$"'{first}", $"'{second}"]);
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

    /// <summary>Whoever asks for what does nothing is told, and why.</summary>
    [TestMethod]
    [DynamicData(nameof(Techniques))]
    public void ANeutralPolicyIsToldOf(string name)
    {
        Assert.IsFalse(Pipeline.Explain(Request with { Policy = new(Samples[name].Active) }).Warnings.Any(warning => warning.Contains("policy", StringComparison.Ordinal)));
        StringAssert.StartsWith(Pipeline.Explain(Request with { Policy = new(Samples[name].Neutral) }).Warnings.Single(warning => warning.Contains("policy", StringComparison.Ordinal)), $"the acceleration policy changes nothing here: {name}: ");
    }

    // Where else a cache may keep than the sample of the table does.
    private static readonly Dictionary<string, Cache> Places = new()
    {
        ["deepFeatures"] = Kept(new DeepFeatures()),
        ["crossAttention"] = Kept(new AttentionOutput { Of = SiteKind.CrossAttention }),
        ["selfAttention"] = Kept(new AttentionOutput { Of = SiteKind.SelfAttention }),
        ["prediction"] = Kept(new WholePrediction()),
    };

    public static IEnumerable<object[]> PlacesAndOthers =>
        from place in Places.Keys
        from other in (IEnumerable<string>)[.. Samples.Keys, .. Places.Keys, "lazyend"]
        where !Places.ContainsKey(other) || string.CompareOrdinal(place, other) <= 0
        select new object[] { place, other };

    public static IEnumerable<object[]> Techniques => Samples.Keys.Select(name => new object[] { name });

    /// <summary>Caches go together with all else, and with one another where they keep different values.</summary>
    [TestMethod]
    [DynamicData(nameof(PlacesAndOthers))]
    public async Task EveryPlaceOfACacheGoesWithAllThatLeavesItAlone(string place, string other)
    {
        Cache cache = Places[place];
        ITechnique beside = other == "lazyend" ? new LazyEnd() : Places.TryGetValue(other, out Cache? another) ? another : Samples[other].Active;
        AccelerationPolicy policy = new(cache, beside);
        bool same = place == other || (place == "prediction" && other == "lazyend") || (cache.Where is AttentionOutput && other == "tgate");
        if (same)
        {
            Refused(policy, place == other ? ["'cache[0]'", "'cache[1]'"] : ["'cache'", $"'{other}'"]);
            return;
        }

        // Small and short: there are many.
        Assert.IsTrue((await Pipeline.Latents(Request with { Policy = policy, Width = 64, Steps = 5 })).All(float.IsFinite));
    }

    [TestMethod]
    public void WhatTwoKeepIsRefused() => Refused(new(new DeepCache(), Places["deepFeatures"]), ["'deepcache'", "'cache'"]);

    [TestMethod]
    [DynamicData(nameof(Techniques))]
    public async Task ATechniqueOfOnesOwnGoesWithEveryOther(string name)
    {
        float[] both = await Pipeline.Latents(Request with { Policy = new(Samples[name].Active, new LazyEnd()) });
        Assert.IsTrue(both.All(float.IsFinite));
        CollectionAssert.AreNotEqual(await Latents[name], both);
    }

    [TestMethod]
    public void OnesOwnIsRefusedInTheSameWords()
    {
        Refused(new(new LazyEnd(), new LazyEnd { From = 0.75 }), ["'lazyend[0]'", "'lazyend[1]'"]);
        Refused(new(new LazyEnd(), new Cache { Where = new WholePrediction() }), ["'lazyend'", "'cache'"]);
    }

    private static Cache Kept(CachePlace place) => new() { Where = place, When = new Cadence { Every = 2 } };

    private static void Refused(AccelerationPolicy policy, string[] names)
    {
        string reason = Assert.ThrowsExactly<RequestException>(() => Pipeline.Explain(Request with { Policy = policy })).Message;
        foreach (string name in names)
        {
            StringAssert.Contains(reason, name);
        }

        Assert.AreEqual(1, reason.Split('\n').Length);
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
