using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Passes;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>A convolution is allowed what the device then does, and no more; reports count what is done.</summary>
[TestClass]
public sealed class PermissionTests
{
    private static IEnumerable<object[]> Cases =>
        from size in (int[])[1, 3, 8, 9, 11, 12, 32]
        from channels in (int[])[4, 64, 320]
        from twice in (bool[])[false, true]
        from without in (string[])["", "winograd", "upsample-phases"]
        select new object[] { size, channels, twice, without };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void OnlyWhatTheDeviceUsesIsAllowedAndCounted(int size, int channels, bool twice, string without)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        Graph graph = new();
        Value x = graph.Input("x", new Shape(2, size, size, channels), Stage.Evaluation);
        Value y = (twice ? x.Upsample(2 * size, 2 * size) : x).Conv2d(graph.Weight("w", new TensorType(new Shape(channels, channels, 3, 3))), 1, Padding.All(1));
        (IReadOnlyList<Value> roots, IReadOnlyList<PassReport> reports) = PassPipeline.Run([y], device, new CompileOptions { WithoutPasses = without.Length == 0 ? [] : [without] });
        Node node = roots[0].Producer;
        PreparedProduct prepared = (PreparedProduct)device.Prepare(node.Op, new Operands(node.InputTypes(), node.Outputs));
        bool winograd = prepared.Winograd is not null, phases = (prepared.Winograd?.Quarters ?? prepared.Plan.Quarters) == 4;
        Assert.AreEqual((winograd, phases), (((Conv2d)node.Op).Winograd, ((Conv2d)node.Op).Phases));
        Assert.AreEqual((winograd ? 1 : 0, phases ? 1 : 0), (Taken("winograd"), Taken("upsample-phases")));

        // Being allowed everything changes nothing.
        Conv2d all = (Conv2d)node.Op with { Winograd = without != "winograd", Phases = twice && without != "upsample-phases" };
        PreparedProduct same = (PreparedProduct)device.Prepare(all, new Operands(node.InputTypes(), node.Outputs));
        Assert.AreEqual((prepared.Winograd?.Method, winograd ? 0 : prepared.Plan.Quarters), (same.Winograd?.Method, winograd ? 0 : same.Plan.Quarters));

        int Taken(string pass) => reports.FirstOrDefault(report => report.Name == pass)?.Taken ?? 0;
    }
}
