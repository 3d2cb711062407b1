using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Tests.Ops;

[TestClass]
public sealed class AttentionTests
{
    private readonly Oracle _oracle = new();

    [TestMethod]
    public void ScoresAreScaledByTheRootOfTheHeadSize()
    {
        Value q = _oracle.Of(Shape.Matrix(1, 4), 2, 0, 0, 0);
        Value k = _oracle.Of(Shape.Matrix(2, 4), 1, 0, 0, 0, 0, 0, 0, 0);
        Value v = _oracle.Of(Shape.Matrix(2, 4), 1, 2, 3, 4, 0, 0, 0, 0);
        float p = (float)(1 / (1 + Math.Exp(-1)));
        _oracle.Gives(q.Attention([new KeySegment(k, v)], 1), p, 2 * p, 3 * p, 4 * p);
        float two = (float)(1 / (1 + Math.Exp(-2 / Math.Sqrt(2))));
        _oracle.Gives(q.Attention([new KeySegment(k, v)], 2), two, 2 * two, 1.5f, 2);
    }

    [TestMethod]
    public void TheSoftmaxRunsOnOverSegments()
    {
        Value q = _oracle.Of(Shape.Matrix(2, 2), 1, 0.5f, -1, 2);
        Value k = _oracle.Of(Shape.Matrix(3, 2), 1, 2, 3, 4, -5, 6);
        Value v = _oracle.Of(Shape.Matrix(3, 2), 1, 2, 3, 4, 5, 6);
        Value k1 = _oracle.Of(Shape.Matrix(1, 2), 1, 2);
        Value v1 = _oracle.Of(Shape.Matrix(1, 2), 1, 2);
        Value k2 = _oracle.Of(Shape.Matrix(2, 2), 3, 4, -5, 6);
        Value v2 = _oracle.Of(Shape.Matrix(2, 2), 3, 4, 5, 6);
        _oracle.Gives(q.Attention([new KeySegment(k1, v1), new KeySegment(k2, v2)], 1), _oracle.Run(q.Attention([new KeySegment(k, v)], 1)));
    }

    [TestMethod]
    public void ACausalQuerySeesNoLaterKey()
    {
        Value zero = _oracle.Of(Shape.Matrix(3, 1), 0, 0, 0);
        Value v = _oracle.Of(Shape.Matrix(3, 1), 1, 3, 8);
        _oracle.Gives(zero.Attention([new KeySegment(zero, v)], 1, causal: true), 1, 2, 4);
    }

    [TestMethod]
    public void TilesSeeTheirBoundsAndOthersTheRest()
    {
        Value zero = _oracle.Of(new Shape(1, 1, 4, 1), 0, 0, 0, 0);
        Value v = _oracle.Of(new Shape(1, 1, 4, 1), 1, 3, 10, 20);
        Value tiles = _oracle.Ints(new Shape(1, 1, 3, 4), 0, 1, 0, 2, 0, 1, 2, 4, 0, 0, 0, 0);
        _oracle.Gives(zero.Attention([new KeySegment(zero, v, tiles)], 1, tiles), 2, 2, 15, 15);
        _oracle.Gives(zero.Attention([new KeySegment(zero, v, tiles, ExcludeOwnTile: true)], 1, tiles), 15, 15, 2, 2);
        _oracle.Gives(zero.Attention([new KeySegment(zero, v, tiles), new KeySegment(zero, v, tiles, ExcludeOwnTile: true)], 1, tiles), 8.5f, 8.5f, 8.5f, 8.5f);
    }

    [TestMethod]
    public void ABiasWeighsAndHides()
    {
        Value zero = _oracle.Of(Shape.Matrix(2, 2), 0, 0, 0, 0);
        Value v = _oracle.Of(Shape.Matrix(2, 2), 1, 1, 5, 5);
        Value byKey = _oracle.Of(new Shape(1, 1, 1, 2), 0, (float)Math.Log(3));
        _oracle.Gives(zero.Attention([new KeySegment(zero, v, Bias: byKey)], 2), 4, 4, 4, 4);
        Value byHead = _oracle.Of(new Shape(1, 2, 1, 2), 0, float.NegativeInfinity, float.NegativeInfinity, 0);
        _oracle.Gives(zero.Attention([new KeySegment(zero, v, Bias: byHead)], 2), 1, 5, 1, 5);
        Value byQuery = _oracle.Of(new Shape(1, 1, 2, 2), 0, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity);
        _oracle.Gives(zero.Attention([new KeySegment(zero, v, Bias: byQuery)], 2), 1, 1, 0, 0);
    }

    [TestMethod]
    public void BatchRowsShareKeysInBlocks()
    {
        Value q = _oracle.Of(new Shape(4, 1, 1, 1), 0, 0, 0, 0);
        Value k = _oracle.Of(new Shape(2, 1, 1, 1), 0, 0);
        Value v = _oracle.Of(new Shape(2, 1, 1, 1), 7, 9);
        _oracle.Gives(q.Attention([new KeySegment(k, v)], 1), 7, 7, 9, 9);
    }

    [TestMethod]
    public void LargeScoresDoNotOverflow()
    {
        Value q = _oracle.Of(Shape.Scalar, 1000);
        Value k = _oracle.Of(Shape.Matrix(2, 1), 1000, 999);
        _oracle.Gives(q.Attention([new KeySegment(k, _oracle.Of(Shape.Matrix(2, 1), 3, 4))], 1), 3);
    }

    [TestMethod]
    public void TilesThatDoNotPartitionTheGridAreRefused()
    {
        Value zero = _oracle.Of(new Shape(1, 1, 2, 1), 0, 0);
        Value gap = _oracle.Ints(new Shape(1, 1, 1, 4), 0, 1, 0, 1);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => _oracle.Run(zero.Attention([new KeySegment(zero, zero)], 1, gap))).Message, "No tile holds query 1", StringComparison.Ordinal);
        Value overlap = _oracle.Ints(new Shape(1, 1, 2, 4), 0, 1, 0, 2, 0, 1, 1, 2);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => _oracle.Run(zero.Attention([new KeySegment(zero, zero)], 1, overlap))).Message, "both hold query 1", StringComparison.Ordinal);
    }

    [TestMethod]
    public void WrongOperandsAreNamed()
    {
        Value q = _oracle.Of(Shape.Matrix(2, 4), 1, 2, 3, 4, 5, 6, 7, 8);
        Value shorter = _oracle.Of(Shape.Matrix(1, 4), 1, 2, 3, 4);
        Value narrow = _oracle.Of(Shape.Matrix(2, 2), 1, 2, 3, 4);
        Value tiles = _oracle.Ints(new Shape(1, 1, 1, 4), 0, 1, 0, 2);
        Fails("4 channels do not divide into 3 heads", () => q.Attention([new KeySegment(q, q)], 3));
        Fails("at least one head", () => q.Attention([new KeySegment(q, q)], 0));
        Fails("needs a key segment", () => q.Attention([], 1));
        Fails("segment 0: keys", () => q.Attention([new KeySegment(narrow, narrow)], 1));
        Fails("as many keys as queries", () => q.Attention([new KeySegment(shorter, shorter)], 1, causal: true));
        Fails("bounds need tiles", () => q.Attention([new KeySegment(q, q, tiles)], 1));
        Fails("excluding the own tile needs bounds", () => q.Attention([new KeySegment(q, q, ExcludeOwnTile: true)], 1, tiles));
        Fails("the bias must be", () => q.Attention([new KeySegment(q, q, Bias: shorter)], 4));
        Fails("At 'layer.attn'", () => q.Attention([new KeySegment(narrow, narrow)], 1, path: "layer.attn"));
    }

    private static void Fails(string message, Func<object> build) =>
        StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(build).Message, message, StringComparison.Ordinal);
}
