using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion.Tests.Acceleration;

[TestClass]
public sealed class PolicyJsonTests
{
    private static readonly AccelerationPolicy Everything = new(
        new Guidance { Start = 0.1, End = 0.8, Every = 2, After = GuidanceAfter.Hold },
        new Cache { Where = new DeepFeatures { Branch = 1 }, When = new Uneven { Every = 4, Center = 0.25, Power = 1.2 }, How = new Taylor { Order = 2 } },
        new Cache { Where = new AttentionOutput { Of = SiteKind.SelfAttention }, When = new Listed { At = [0, 0.5] }, How = new Chebyshev { Degree = 3, Ridge = 0.5 }, Branches = BranchReduction.Mean },
        new Cache { Where = new BlockRange { From = 0.2, To = 0.6 }, When = new Cadence { Every = 2, Start = 0.3, End = 0.9 } },
        new Cache { Where = new WholePrediction() })
    {
        Seed = 9,
    };

    [TestMethod]
    public void APolicyIsReadAsItWasWritten()
    {
        foreach (AccelerationPolicy policy in (AccelerationPolicy[])[Everything, AccelerationPolicy.Exact, new(new DeepCache { Every = 5, Branch = 3 }), new(new TGate { Gate = 0.5, SelfEvery = 2 })])
        {
            string json = policy.ToJson();
            Assert.AreEqual(policy, AccelerationPolicy.Parse(json), json);
            Assert.DoesNotContain('\n', json);
        }
    }

    [TestMethod]
    public void AllSettingsAreWrittenSoThatLaterDefaultsDoNotChangeThem() =>
        Assert.AreEqual("""{"version":1,"deepcache":{"every":3,"branch":0}}""", new AccelerationPolicy(new DeepCache()).ToJson());

    [TestMethod]
    public void EveryTechniqueIsReadByGeneratedCodeAndKeepsItsDefaults()
    {
        foreach (string name in TechniqueCatalogue.Default.Names)
        {
            Type type = TechniqueCatalogue.Default.Find(name)!;
            Assert.IsNotNull(PolicyContracts.Default.GetTypeInfo(type), name);
            string settings = type == typeof(Cache) ? """{"where":{"kind":"prediction"}}""" : "{}";
            ITechnique expected = type == typeof(Cache) ? new Cache { Where = new WholePrediction() } : (ITechnique)Activator.CreateInstance(type)!;
            Assert.AreEqual(new AccelerationPolicy(expected), AccelerationPolicy.Parse($$"""{"version":1,"{{name}}":{{settings}}}"""));
        }

        foreach ((string member, string kind, object expected) in new (string, string, object)[]
        {
            ("when", "cadence", new Cadence()), ("when", "uneven", new Uneven()), ("how", "reuse", new Reuse()), ("how", "taylor", new Taylor()), ("how", "chebyshev", new Chebyshev()),
        })
        {
            Cache cache = (Cache)AccelerationPolicy.Parse($$"""{"version":1,"cache":{"where":{"kind":"prediction"},"{{member}}":{"kind":"{{kind}}"} } }""").Techniques[0];
            Assert.AreEqual(expected, member == "when" ? cache.When : cache.How);
        }
    }

    [TestMethod]
    public void WhatIsNotSaidHasItsDefault()
    {
        Assert.AreEqual(new AccelerationPolicy(new DeepCache()), AccelerationPolicy.Parse("""{ "version": 1, "deepcache": {}, /* a comment */ }"""));
        Assert.AreEqual(new AccelerationPolicy(new Cache { Where = new DeepFeatures() }), AccelerationPolicy.Parse("""{"version":1,"cache":{"where":{"kind":"deepFeatures"}}}"""));
    }

    [TestMethod]
    [DataRow("""{"version":1,"depcache":{}}""", "unknown member 'depcache'", "'deepcache'")]
    [DataRow("""{"version":1,"deepcache":{"evry":3}}""", "unknown member 'deepcache.evry'", "'every'")]
    [DataRow("""{"version":1,"cache":[{"where":{"kind":"prediction"},"when":{"kind":"cadence","evry":3}}]}""", "'cache[0].when.evry'", "'every'")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"deepFeature"}}}""", "'cache.where.kind' is 'deepFeature'", "'deepFeatures'")]
    [DataRow("""{"version":1,"cache":{"where":{}}}""", "'cache.where' must say its 'kind'", "prediction")]
    [DataRow("""{"version":1,"cache":{}}""", "'cache' lacks", "'where'")]
    [DataRow("""{"version":1,"guidance":{"after":"holt"}}""", "'guidance.after' must be one of conditional, hold", "'hold'")]
    [DataRow("""{"version":1,"deepcache":{"every":"3"}}""", "'deepcache.every' must be a whole number", "it is \"3\"")]
    [DataRow("""{"version":1,"deepcache":{"every":2.5}}""", "'deepcache.every' must be a whole number", "it is 2.5")]
    [DataRow("""{"version":1,"deepcache":{"every":3000000000}}""", "'deepcache.every' must be a whole number", "it is 3000000000")]
    [DataRow("""{"version":1,"tgate":{"gate":1e999}}""", "'tgate.gate' must be a number", "1e999")]
    [DataRow("""{"version":1,"hypertile":{"compat":"yes"}}""", "'hypertile.compat' must be true or false", "it is \"yes\"")]
    [DataRow("""{"version":1,"todo":{"factors":2}}""", "'todo.factors' must be an array", "it is 2")]
    [DataRow("""{"version":1,"todo":{"factors":[2,"3"]}}""", "'todo.factors[1]' must be a number", "it is \"3\"")]
    [DataRow("""{"version":1,"cache":{"where":null}}""", "'cache.where'", "it is null")]
    [DataRow("""{"version":1,"ditcache":{"how":{"kind":"taylor","order":3}}}""", "ditcache.how.order", "1 or 2")]
    [DataRow("", "The policy is empty", "version")]
    [DataRow("{\n\"version\":1,\n\"tgate\":{\"gate\":NaN}}", "not valid JSON (line 3)", "'N'")]
    [DataRow("""{"version":1,"deepcache":3}""", "'deepcache'", "braces")]
    [DataRow("""{"version":2,"deepcache":{}}""", "version 2", "newer program")]
    [DataRow("""{"deepcache":{}}""", "must say the version", "1")]
    [DataRow("""{"version":1,"deepcache":{},"deepcache":{}}""", "deepcache", "JSON")]
    [DataRow("""{"version":1,"seed":-1}""", "'seed'", "-1")]
    [DataRow("""[]""", "JSON object", "version")]
    [DataRow("""{""", "not valid JSON", "")]
    [DataRow("""{"version":1,"deepcache":{"every":0}}""", "deepcache.every", "at least 1")]
    [DataRow("""{"version":1,"guidance":{"start":0.8,"end":0.2}}""", "guidance.start", "0.2")]
    [DataRow("""{"version":1,"guidance":{"end":1.5}}""", "guidance.end", "1.5")]
    [DataRow("""{"version":1,"tgate":{"gate":-0.1}}""", "tgate.gate", "-0.1")]
    [DataRow("""{"version":1,"tgate":{},"guidance":{"end":0.5}}""", "'tgate'", "'guidance'")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"prediction"},"how":{"kind":"taylor","order":3}}}""", "cache.how.order", "1 or 2")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"prediction"},"when":{"kind":"list","at":[1]}}}""", "cache.when.at", "below 1")]
    public void WhatIsWrongIsNamed(string json, string names, string says)
    {
        PolicyException e = Assert.ThrowsExactly<PolicyException>(() => AccelerationPolicy.Parse(json));
        StringAssert.Contains(e.Message, names);
        StringAssert.Contains(e.Message, says);
    }
}
