using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Execution;

[TestClass]
public sealed class MemoryPlannerTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(64)]
    public void ValuesThatLiveAtOnceNeverOverlap(int guard)
    {
        for (int seed = 0; seed < 300; seed++)
        {
            Random random = new(seed);
            MemoryPlanner.Life[] lives = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ =>
            {
                int first = random.Next(30);
                return new MemoryPlanner.Life(random.Next(1, 2000), first, first + random.Next(random.Next(1, 20)));
            })];
            (long[] offsets, long bytes) = MemoryPlanner.Plan(lives, guard);
            for (int i = 0; i < lives.Length; i++)
            {
                Assert.AreEqual(0, offsets[i] % 64);
                Assert.IsTrue(offsets[i] >= guard && offsets[i] + lives[i].Bytes + guard <= bytes, $"seed {seed}, value {i}");
                for (int j = 0; j < i; j++)
                {
                    bool together = lives[i].First <= lives[j].Last && lives[j].First <= lives[i].Last;
                    bool apart = offsets[i] - guard >= offsets[j] + lives[j].Bytes + guard || offsets[j] - guard >= offsets[i] + lives[i].Bytes + guard;
                    Assert.IsTrue(!together || apart, $"seed {seed}: values {i} and {j}");
                }
            }
        }
    }

    [TestMethod]
    public void AChainOfValuesTakesTwoPlaces()
    {
        MemoryPlanner.Life[] chain = [.. Enumerable.Range(0, 50).Select(i => new MemoryPlanner.Life(1000, i, i + 1))];
        Assert.AreEqual(2 * MemoryPlanner.Align(1000), MemoryPlanner.Plan(chain, 0).Bytes);
    }

    [TestMethod]
    public void NoStepOfAProgramWritesOverAValueThatIsReadLater()
    {
        using NullDevice device = new();
        for (int seed = 1; seed <= 40; seed++)
        {
            using RandomGraph graph = new(seed);
            Location? Source(Value value) => value.Producer.Op is ISource ? new Location(new Place(Space.Slot, 0, value.Channels, value.Type.Type)) : null;
            CompiledProgram program = new("all", graph.Graph.Nodes, Source, [graph.Root], device);
            List<(Value Value, long Start, long End)> valid = [];
            foreach (Step step in program.Steps)
            {
                foreach (Value input in step.Node.Inputs.Select(v => Views.Root(v).Root).Where(v => Source(v) is null))
                {
                    Assert.IsTrue(valid.Exists(known => known.Value == input), $"seed {seed}: {step.Node} reads {input} after it was written over.");
                }

                Value result = new(graph.Graph, step.Node.Id);
                long start = program.Locate(result).Place.Offset;
                long end = start + result.Type.Bytes;
                Assert.IsLessThanOrEqualTo(program.ArenaBytes, end);
                valid.RemoveAll(known => known.Start < end && start < known.End);
                valid.Add((result, start, end));
            }

            Assert.IsTrue(valid.Exists(known => known.Value == Views.Root(graph.Root).Root), $"seed {seed}: the result is gone.");
        }
    }

    [TestMethod]
    public void AnArenaIsSmallerThanTheSumOfItsValues()
    {
        using NullDevice device = new();
        using RandomGraph graph = new(3, blocks: 12);
        Executable executable = Evaluations.Compile(graph, device);
        long sum = executable.Programs[^1].Launches.Sum(launch => launch.Result.Count * sizeof(float));
        Assert.IsLessThan(sum / 3, executable.Memory.Arena);
    }
}
