using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

[TestClass]
public sealed class RehearsalTests
{
    [TestMethod]
    public async Task ARehearsalPlaysToItsEndOnce()
    {
        Task first = Rehearsal.Begin();
        await first;
        Assert.AreSame(first, Rehearsal.Begin());
    }

    [TestMethod]
    public unsafe void BlankWeightsHaveEveryTensorOnceAndItIsZero()
    {
        using WeightStore weights = WeightStore.Blank(ElementType.F16);
        ModelBuilder m = new(new Graph(), weights);
        m["layer"].Weight("weight", Shape.Matrix(3, 5));
        Assert.Throws<ModelFileException>(() => m["layer"].Weight("weight", Shape.Matrix(5, 3)));

        WeightTensor tensor = weights.Tensors.Single();
        Assert.AreEqual("layer.weight", tensor.Name);
        CollectionAssert.AreEqual(new long[] { 3, 5 }, tensor.Shape.ToArray());
        Assert.AreEqual(-1, new ReadOnlySpan<byte>(tensor.Data, (int)tensor.Bytes).IndexOfAnyExcept((byte)0));
    }
}
