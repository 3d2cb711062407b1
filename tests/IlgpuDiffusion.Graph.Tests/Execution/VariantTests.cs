using IlgpuDiffusion.Graphs.Devices;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

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
