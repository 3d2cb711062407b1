using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Execution;

[TestClass]
public sealed class StageTests
{
    private readonly Graph _graph = new();
    private readonly Value _text;
    private readonly Value _time;
    private readonly Value _latents;

    public StageTests()
    {
        _text = _graph.Input("text", new Shape(2, 1, 3, 4), Stage.Request);
        _time = _graph.Input("time", new Shape(1, 1, 1, 1), Stage.Schedule);
        _latents = _graph.Input("latents", new Shape(2, 1, 3, 4), Stage.Evaluation);
    }

    [TestMethod]
    public void AStageIsTheLatestOfTheInputs()
    {
        Value weight = _graph.Weight("w", new TensorType(Shape.Vector(4)));
        Assert.AreEqual(Stage.Load, (weight * weight).Stage);
        Assert.AreEqual(Stage.Request, (_text + weight).Stage);
        Value vector = _graph.Input("vector", new Shape(2, 1, 1, 4), Stage.Request);
        Assert.AreEqual(Stage.Schedule, (vector * _time).Stage);

        // Of every token's value there would be one for every evaluation.
        Assert.AreEqual(Stage.Evaluation, (_text * _time).Stage);
        Assert.AreEqual(Stage.Evaluation, (_text * _time + _latents).Stage);
    }

    [TestMethod]
    public void EachStageRunsOnlyWhenItsInputsChange()
    {
        Value root = (_graph.Input("vector", new Shape(2, 1, 1, 4), Stage.Request).Silu() * _time.Affine(2, 1)).Gelu() + _latents.QuickGelu();
        Dictionary<string, int> runs = [];
        using WrappingDevice device = new(new OracleDevice(), (op, inner) => new AroundPrepared(inner, (_, _) => runs[op.ToString()] = runs.GetValueOrDefault(op.ToString()) + 1));
        using Compiled compiled = new(device, new Variant(root), evaluations: 4);
        int Runs(Op op) => runs.GetValueOrDefault(op.ToString());
        compiled.Run.Set("vector", new float[8].AsSpan());
        compiled.Run.Set("time", new float[4].AsSpan());
        for (int e = 0; e < 4; e++)
        {
            compiled.Run.Set("latents", new float[24].AsSpan());
            compiled.Run.Evaluate(e);
        }

        Assert.AreEqual((1, 1, 1, 4), (Runs(new Unary(Activation.Silu)), Runs(new Affine(2, 1)), Runs(new Unary(Activation.Gelu)), Runs(new Unary(Activation.QuickGelu))));
        compiled.Run.Set("time", new float[4].AsSpan());
        compiled.Run.Evaluate(0);
        Assert.AreEqual(2, Runs(new Unary(Activation.Gelu)));
    }

    [TestMethod]
    public void WhatARequestHasOnceIsAddedInEveryEvaluation()
    {
        // A product of the schedule takes in a vector of the request, as time embeddings do that pooled text is added to.
        using MemoryWeights weights = new();
        weights.Add("w", ElementType.F32, [2f]);
        Value pooled = _graph.Input("pooled", new Shape(1, 1, 1, 1), Stage.Request);
        Value time = _time.Linear(_graph.Weight("w", new TensorType(Shape.Matrix(1, 1))), "time") + pooled.Silu();
        using OracleDevice device = new(Fusions.All);
        Executable executable = Executable.Compile([new Variant(_latents * time)], device, new CompileOptions { Evaluations = 3 });
        Assert.IsTrue(executable.Programs.SelectMany(program => program.Launches).Any(launch => launch.Operation is Linear { Epilogue.Residual: true }));
        using Residency residency = new(device);
        executable.Load(residency, weights);
        using Lane lane = new(device);
        using Run run = Run.Begin(executable, lane);
        run.Set("pooled", (ReadOnlySpan<float>)[1]);
        run.Set("time", (ReadOnlySpan<float>)[1, 10, 100]);
        run.Set<float>("latents", Enumerable.Repeat(1f, 24).ToArray());
        for (int e = 0; e < 3; e++)
        {
            run.Evaluate(e);
            Assert.AreEqual((2 * Math.Pow(10, e)) + (1 / (1 + Math.Exp(-1))), run.Read()[0], 1e-4);
        }
    }

    [TestMethod]
    public void AProfileRunsEveryLaunchOfAllStages()
    {
        using OracleDevice device = new();
        using Compiled compiled = new(device, new Variant(_latents * _time.Affine(2, 0) + _text.Gelu()), evaluations: 2);
        compiled.Run.Set<float>("text", Enumerable.Range(0, 24).Select(i => (float)i).ToArray());
        compiled.Run.Set("time", (ReadOnlySpan<float>)[1, 10]);
        compiled.Run.Set<float>("latents", Enumerable.Repeat(3f, 24).ToArray());
        compiled.Run.Evaluate(1);
        float[] expected = compiled.Run.Read();
        compiled.Run.Set("latents", new float[24].AsSpan());
        compiled.Run.Evaluate(0);
        compiled.Run.Set<float>("latents", Enumerable.Repeat(3f, 24).ToArray());
        IReadOnlyList<LaunchTime> times = compiled.Run.Profile(1);
        CollectionAssert.AreEqual(expected, compiled.Run.Read());
        CollectionAssert.AreEquivalent(
            compiled.Executable.Programs.SelectMany(p => p.Launches.Select(l => $"{p.Name} {l.Op} {l.Result}")).ToArray(),
            times.Select(t => $"{t.Program} {t.Op.Name} {t.Result.Shape}").ToArray());
    }

    [TestMethod]
    public void EveryEvaluationReadsItsOwnRow()
    {
        using OracleDevice device = new();
        using Compiled compiled = new(device, new Variant(_latents * _time.Affine(2, 0)), evaluations: 3);
        compiled.Run.Set("time", (ReadOnlySpan<float>)[1, 10, 100]);
        compiled.Run.Set<float>("latents", Enumerable.Repeat(3f, 24).ToArray());
        foreach (int e in (int[])[2, 0, 1])
        {
            compiled.Run.Evaluate(e);
            Assert.AreEqual(6 * (float)Math.Pow(10, e), compiled.Run.Read()[5]);
        }
    }

    [TestMethod]
    public void ScheduleRowsSeeAPartOfARequestValue()
    {
        using CheckedDevice device = new(new OracleDevice());
        Value part = _text.Silu().Slice(Axis.Batch, 1, 1).Slice(Axis.Channels, 1, 2);
        using Compiled compiled = new(device, new Variant(part * _time + _latents.Slice(Axis.Batch, 0, 1).Slice(Axis.Channels, 0, 2)), evaluations: 2);
        float[] text = [.. Enumerable.Range(0, 24).Select(i => (float)i)];
        compiled.Run.Set<float>("text", text);
        compiled.Run.Set("time", (ReadOnlySpan<float>)[1, 2]);
        compiled.Run.Set("latents", new float[24].AsSpan());
        compiled.Run.Evaluate(1);
        Assert.AreEqual(2 * 13 / (1 + Math.Exp(-13)), compiled.Run.Read()[0], 1e-4);
    }

    [TestMethod]
    public void AnOpThatMixesRowsIsRefusedInTheSchedule()
    {
        using NullDevice device = new();
        Value mixed = _time.Repeat(2);
        ShapeException error = Assert.ThrowsExactly<ShapeException>(() => Executable.Compile([new Variant(_latents * mixed)], device, new CompileOptions { Evaluations = 2 }));
        StringAssert.Contains(error.Message, "mixes rows", StringComparison.Ordinal);
    }

    [TestMethod]
    public void InputErrorsNameTheInput()
    {
        using OracleDevice device = new();
        using Compiled compiled = new(device, new Variant(_latents.Silu()), evaluations: 1);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => compiled.Run.Set("noise", new float[1].AsSpan())).Message, "'noise'. Inputs: latents", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => compiled.Run.Set("latents", new float[1].AsSpan())).Message, "96 bytes; was given 4", StringComparison.Ordinal);
    }
}
