using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

[TestClass]
public sealed class ModelBuilderTests
{
    [TestMethod]
    public void AChildIsNamedByItsPath()
    {
        ModelBuilder m = Builder(("down.0.conv.weight", [8, 4]), ("down.0.conv.bias", [8]));
        ModelBuilder child = m["down"][0]["conv"];
        Value y = child.Linear(Input(m, 4), 8);
        Assert.AreEqual("down.0.conv", child.Path);
        Assert.AreEqual(new Shape(1, 2, 2, 8), y.Shape);
        m.RequireAllUsed();
    }

    [TestMethod]
    public void WeightsEnterInTheirFilesType()
    {
        ModelBuilder m = Builder(("w.weight", [8, 4]));
        Assert.AreEqual(new TensorType(Shape.Matrix(8, 4), ElementType.F16), m["w"].Weight("weight", Shape.Matrix(8, 4)).Type);
    }

    [TestMethod]
    public void AOneByOneKernelAndAMatrixAreTheSame()
    {
        ModelBuilder m = Builder(("conv.weight", [8, 4, 1, 1]), ("conv.bias", [8]), ("linear.weight", [8, 4]), ("linear.bias", [8]));
        Value x = Input(m, 4);
        Value fromKernel = m["conv"].Linear(x, 8);
        Value fromMatrix = m["linear"].Conv(x, 8, kernel: 1);
        Assert.IsInstanceOfType<Linear>(fromKernel.Producer.Inputs[0].Producer.Op);
        Assert.IsInstanceOfType<Linear>(fromMatrix.Producer.Inputs[0].Producer.Op);
    }

    [TestMethod]
    public void AOneByOneKernelWithAStrideStaysAConvolution()
    {
        ModelBuilder m = Builder(("conv.weight", [8, 4, 1, 1]), ("conv.bias", [8]));
        Assert.AreEqual(new Shape(1, 1, 1, 8), m["conv"].Conv(Input(m, 4), 8, kernel: 1, stride: 2).Shape);
    }

    [TestMethod]
    public void AMissingTensorIsNamedWithTheNearestOne()
    {
        ModelBuilder m = Builder(("block.conv_1.weight", [8, 4]));
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => m["block"]["conv1"].Weight("weight", Shape.Matrix(8, 4)));
        StringAssert.Contains(e.Message, "'block.conv1.weight'");
        StringAssert.Contains(e.Message, "'block.conv_1.weight'");
    }

    [TestMethod]
    public void AMisshapenTensorIsNamedWithBothShapes()
    {
        ModelBuilder m = Builder(("conv.weight", [8, 5, 3, 3]));
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => m["conv"].Conv(Input(m, 4), 8, kernel: 3));
        StringAssert.Contains(e.Message, "'conv.weight'");
        StringAssert.Contains(e.Message, "[8, 5, 3, 3]");
        StringAssert.Contains(e.Message, "[8, 4, 3, 3]");
    }

    [TestMethod]
    public void ATransposedMatrixIsNotTaken()
    {
        ModelBuilder m = Builder(("w.weight", [4, 8]));
        Assert.ThrowsExactly<ModelFileException>(() => m["w"].Weight("weight", Shape.Matrix(8, 4)));
    }

    [TestMethod]
    public void IntegersAreNoWeights()
    {
        WeightStore weights = WeightStore.ShapesOnly([("w.weight", [8, 4])], ElementType.I64);
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => new ModelBuilder(new Graph(), weights)["w"].Weight("weight", Shape.Matrix(8, 4)));
        StringAssert.Contains(e.Message, "I64");
    }

    [TestMethod]
    public void LeftOverTensorsAreNamedUnlessKnown()
    {
        ModelBuilder m = Builder(("w.weight", [8, 4]), ("extra.weight", [3]), ("position_ids", [77]));
        m["w"].Weight("weight", Shape.Matrix(8, 4));
        ModelFileException e = Assert.ThrowsExactly<ModelFileException>(() => m.RequireAllUsed(name => name == "position_ids"));
        StringAssert.Contains(e.Message, "'extra.weight'");
        Assert.DoesNotContain("position_ids", e.Message);
        m.RequireAllUsed(name => name == "extra.weight");
    }

    private static ModelBuilder Builder(params (string, long[])[] shapes) => new(new Graph(), WeightStore.ShapesOnly(shapes, ElementType.F16));

    private static Value Input(ModelBuilder m, int channels) => m.Graph.Input("x", new Shape(1, 2, 2, channels), Stage.Evaluation);
}
