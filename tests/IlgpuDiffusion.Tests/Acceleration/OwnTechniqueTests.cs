using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.OwnTechnique;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>A technique of one's own, from JSON to pictures; it lives in a project that sees the library's public surface alone, and its code is the example of docs/acceleration.md.</summary>
[TestClass]
public sealed class OwnTechniqueTests
{
    [TestMethod]
    public async Task ItIsReadWrittenAndFollowed()
    {
        TechniqueCatalogue techniques = TechniqueCatalogue.Default.With<LazyEnd>();
        AccelerationPolicy policy = AccelerationPolicy.Parse("""{"version":1,"lazyend":{"from":0.25},"guidance":{"end":0.7}}""", techniques);
        Assert.AreEqual(policy, AccelerationPolicy.Parse(policy.ToJson(), techniques));
        Assert.ThrowsExactly<PolicyException>(() => AccelerationPolicy.Parse("""{"version":1,"lazyend":{"from":2}}""", techniques));
        Assert.ThrowsExactly<PolicyException>(() => AccelerationPolicy.Parse(policy.ToJson()));

        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Papercut);
        GenerationRequest request = TestModels.Small with { Steps = 8 };
        AccelerationPlan plan = pipeline.Explain(request with { Policy = policy }).Plan;
        Assert.AreEqual("CCKRKRKR", string.Concat(plan.VariantOf.Select((_, e) => plan[e][plan.Sites[^1]].Action.ToString()[0])));
        CollectionAssert.AreNotEqual(await pipeline.Latents(request), await pipeline.Latents(request with { Policy = policy }));
    }

    [TestMethod]
    public void TheDocumentedExampleIsThisCode()
    {
        string docs = File.ReadAllText(Path.Combine(Golden.Checkout, "docs", "acceleration.md"));
        int start = docs.IndexOf("```csharp\n", StringComparison.Ordinal) + "```csharp\n".Length;
        string example = docs[start..docs.IndexOf("```", start, StringComparison.Ordinal)];
        string code = File.ReadAllText(Path.Combine(Golden.Checkout, "tests", "IlgpuDiffusion.OwnTechnique", "LazyEnd.cs"));
        string[] undocumented = [.. code.Split('\n').Where(line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal))];
        StringAssert.Contains(Plain(undocumented), Plain(example.Split('\n')));
    }

    private static string Plain(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));
}
