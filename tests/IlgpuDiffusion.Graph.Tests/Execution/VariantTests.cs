using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Execution;

[TestClass]
public sealed class VariantTests
{
    private static readonly Shape Size = new(1, 2, 2, 4);
    private readonly Graph _graph = new();
    private readonly CheckedDevice _device = new(new OracleDevice());

    private Value Latents => _graph.Input("latents", Size, Stage.Evaluation);

    [TestMethod]
    public void WhatOneEvaluationKeepsALaterOneRecalls()
    {
        Value deep = Latents.Affine(2, 0);
        Variant full = new([deep + Latents], [new Keep(0, deep)]);
        Variant recall = new(Slot(0) + Latents);
        using Compiled compiled = new(_device, [full, recall], evaluations: 3);
        Assert.AreEqual(3, Evaluate(compiled, 1, variant: 0));
        Assert.AreEqual(7, Evaluate(compiled, 5, variant: 1));
        Assert.AreEqual(30, Evaluate(compiled, 10, variant: 0));
        Assert.AreEqual(20, Evaluate(compiled, 0, variant: 1));
    }

    [TestMethod]
    public void WhatARecallLeavesUnusedDisappears()
    {
        Value deep = Latents.Affine(2, 0).Silu().Gelu();
        using NullDevice device = new();
        Executable executable = Executable.Compile([new Variant([deep + Latents], [new Keep(0, deep)]), new Variant(Slot(0) + Latents)], device);
        Assert.HasCount(5, executable.Programs[^2].Launches);
        Assert.HasCount(1, executable.Programs[^1].Launches);
    }

    [TestMethod]
    public void ASlotMayBeKeptFromItself()
    {
        Value sum = Slot(0) + Latents;
        Variant first = new([Latents.Affine(1, 0.5)], [new Keep(0, Latents.Affine(1, 0.5))]);
        Variant more = new([sum.Affine(1, 0)], [new Keep(0, sum)]);
        using Compiled compiled = new(_device, [first, new Variant([sum], [new Keep(0, sum)])], evaluations: 3);
        Assert.AreEqual(1.5f, Evaluate(compiled, 1, variant: 0));
        Assert.AreEqual(3.5f, Evaluate(compiled, 2, variant: 1));
        Assert.AreEqual(7.5f, Evaluate(compiled, 4, variant: 1));
        Assert.AreEqual(more.Outputs[0], sum);
    }

    [TestMethod]
    public void KeepsReadSlotsAsTheyWereBeforeTheEvaluation()
    {
        Variant start = new([Latents.Affine(1, 1)], [new Keep(0, Latents.Affine(1, 1)), new Keep(1, Latents.Affine(1, 1))]);
        Variant shift = new([Latents.Affine(1, 1)], [new Keep(0, Latents.Affine(1, 1)), new Keep(1, Slot(0))]);
        Variant read = new(Slot(1).Affine(1, 0.5));
        using Compiled compiled = new(_device, [start, shift, read], evaluations: 3);
        Evaluate(compiled, 10, variant: 0);
        Evaluate(compiled, 20, variant: 1);
        Assert.AreEqual(11.5f, Evaluate(compiled, 0, variant: 2));
    }

    [TestMethod]
    public void OneVariantsResultMayBeAnothersIntermediate()
    {
        Value inner = Latents.Affine(3, 0);
        Value outer = inner.Affine(1, 1) + (inner.Affine(1, 2) * inner);
        Value last = outer - inner;
        using Compiled compiled = new(_device, [new Variant(outer), new Variant(inner), new Variant(last)], evaluations: 1);
        Assert.AreEqual(34, Evaluate(compiled, 2, variant: 0) - 21);
        Assert.AreEqual(6, Evaluate(compiled, 2, variant: 1));
        Assert.AreEqual(49, Evaluate(compiled, 2, variant: 2));
    }

    [TestMethod]
    public void WhatOneVariantKeepsMayBeAnothersResult()
    {
        Value inner = Latents.Affine(3, 0);
        Variant keeping = new([inner.Affine(1, 1)], [new Keep(0, inner)]);
        using Compiled compiled = new(_device, [keeping, new Variant(inner), new Variant(Slot(0).Affine(1, 0.5)), new Variant(Slot(0))], evaluations: 1);
        Assert.AreEqual(7, Evaluate(compiled, 2, variant: 0));
        Assert.AreEqual(15, Evaluate(compiled, 5, variant: 1));
        Assert.AreEqual(6.5f, Evaluate(compiled, 9, variant: 2));
        Assert.AreEqual(6, Evaluate(compiled, 9, variant: 3));
    }

    [TestMethod]
    public void AResultMayBeAnInputOrAConstant()
    {
        using MemoryWeights weights = new();
        weights.Add("w", ElementType.F32, [1, 2, 3, 4]);
        Value weight = _graph.Weight("w", new TensorType(Shape.Vector(4)));
        Value text = _graph.Input("text", Shape.Vector(4), Stage.Request);
        using Compiled compiled = new(_device, [new Variant(Latents, weight.Affine(2, 0), text.Affine(2, 0), weight)], 1, weights);
        compiled.Run.Set<float>("text", new float[] { 5, 6, 7, 8 });
        Assert.AreEqual(9, Evaluate(compiled, 9, 0));
        CollectionAssert.AreEqual(new float[] { 2, 4, 6, 8 }, compiled.Run.Read(1));
        CollectionAssert.AreEqual(new float[] { 10, 12, 14, 16 }, compiled.Run.Read(2));
        CollectionAssert.AreEqual(new float[] { 1, 2, 3, 4 }, compiled.Run.Read(3));
    }

    [TestMethod]
    public void VariantsOfUnequalResultsAreRefused()
    {
        using NullDevice device = new();
        Assert.ThrowsExactly<ArgumentException>(() => Executable.Compile([new Variant(Latents.Silu()), new Variant(Latents.Silu(), Latents.Gelu())], device));
    }

    private Value Slot(int number) => _graph.Apply(new SlotRead(number, new TensorType(Size)), [], "slot");

    private static float Evaluate(Compiled compiled, float latents, int variant)
    {
        compiled.Run.Set<float>("latents", Enumerable.Repeat(latents, (int)Size.Count).ToArray());
        compiled.Run.Evaluate(0, variant);
        float[] result = compiled.Run.Read(0, variant);
        Assert.IsTrue(result.All(value => value == result[0]));
        return result[0];
    }
}
