using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Takes the network's last prediction again in every other evaluation of the end of the schedule.</summary>
public sealed record LazyEnd : ITechnique
{
    /// <summary>Where the end begins, a fraction of the schedule.</summary>
    public double From { get; init; } = 0.5;

    /// <inheritdoc/>
    public TechniquePhase Phase => TechniquePhase.Caches;

    /// <inheritdoc/>
    public void Check()
    {
        if (From is not (>= 0 and <= 1))
        {
            throw new PolicyException($"lazyend.from must be a fraction of the schedule from 0 to 1; it is {From}.");
        }
    }

    /// <inheritdoc/>
    public void Plan(PlanDraft draft)
    {
        LayerSite prediction = draft.Sites.Single(site => site.Kind == SiteKind.Prediction);

        // A slot holds values of one shape, so each set of branches has its own.
        int slots = draft.TakeSlots(4);
        for (int e = 0; e + 1 < draft.Moments.Count; e += 2)
        {
            if (draft.Moments[e].Progress >= From && draft.BranchesAt(e) == draft.BranchesAt(e + 1))
            {
                int slot = slots + (int)draft.BranchesAt(e);
                draft.Decide(e, prediction, new SiteDecision(SiteAction.Keep, slot));
                draft.Decide(e + 1, prediction, new SiteDecision(SiteAction.Recall, slot));
            }
        }
    }
}

/// <summary>A technique of one's own, from JSON to pictures; its code is the example of docs/acceleration.md.</summary>
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
        string code = File.ReadAllText(Path.Combine(Golden.Checkout, "tests", "IlgpuDiffusion.Tests", "Acceleration", "OwnTechniqueTests.cs"));
        string[] undocumented = [.. code.Split('\n').Where(line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal))];
        StringAssert.Contains(Plain(undocumented), Plain(example.Split('\n')));
    }

    private static string Plain(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));
}
