using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class PromptChunkerTests
{
    private static readonly ClipTokenizer Tokenizer = ClipTokenizer.Load(Path.Combine(Golden.Checkout, "src", "IlgpuDiffusion.Papercut", "model", "tokenizer"));

    [TestMethod]
    public void PlainTextIsCutAtOneChunkAndSaysSo()
    {
        string text = string.Concat(Enumerable.Repeat("(house:1.3), ", 60));
        PromptTokens prompt = new PromptChunker(Tokenizer, new PromptOptions { Syntax = PromptSyntax.Plain }).Chunk(text);
        Assert.HasCount(1, prompt.Chunks);
        Assert.IsFalse(prompt.IsWeighted);
        CollectionAssert.AreEqual(Tokenizer.EncodePadded(text), prompt.Ids());
        Assert.AreEqual(Tokenizer.Encode(text).Length - PromptChunker.ChunkLength, prompt.Dropped);
    }

    [TestMethod]
    public void TheShorterPromptGetsEmptyChunks()
    {
        PromptChunker chunker = new(Tokenizer);
        PromptTokens longer = chunker.Chunk("a BREAK b BREAK c"), second = chunker.Extend(chunker.Chunk("(d:1.2)"), 3);
        Assert.AreSame(longer, chunker.Extend(longer, 3));
        Assert.HasCount(3, second.Chunks);
        CollectionAssert.AreEqual(chunker.Chunk("").Ids(), second.Chunks[2].Ids);
        Assert.IsTrue(second.Chunks[0].IsWeighted);
        Assert.IsFalse(second.Chunks[1].IsWeighted);
    }

    [TestMethod]
    public void WithoutBacktrackingAChunkIsFilledToItsEnd()
    {
        string text = string.Concat(Enumerable.Repeat("a a a a a a a, ", 20));
        int[] filled = new PromptChunker(Tokenizer, new PromptOptions { CommaBacktrack = 0 }).Chunk(text).Chunks[0].Ids;
        int[] moved = new PromptChunker(Tokenizer).Chunk(text).Chunks[0].Ids;
        CollectionAssert.AreEqual(Tokenizer.Encode(text)[..PromptChunker.ChunkLength], filled[1..^1]);
        Assert.AreEqual(Tokenizer.IdOf(",</w>"), moved[Array.IndexOf(moved, Tokenizer.EosId) - 1]);
    }

    [TestMethod]
    public void PaddingIsTheModelsOwn()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "vocab.json", "merges.txt" })
        {
            File.Copy(Path.Combine(Golden.Checkout, "src", "IlgpuDiffusion.Papercut", "model", "tokenizer", name), folder.File(name));
        }

        File.WriteAllText(folder.File("special_tokens_map.json"), """{"pad_token": "!"}""");
        ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Path);
        int[] ids = new PromptChunker(tokenizer).Chunk("a house").Ids();
        int end = Array.IndexOf(ids, tokenizer.EosId);
        CollectionAssert.AreEqual(tokenizer.EncodePadded("a house"), ids);
        Assert.IsTrue(ids[(end + 1)..].All(id => id == 0));
    }

    [TestMethod]
    public void AnEndTokenInTheTextKeepsWhatFollowsIt()
    {
        int[] ids = new PromptChunker(Tokenizer).Chunk("a <|endoftext|> house").Ids();
        int[] text = Tokenizer.Encode("a <|endoftext|> house");
        CollectionAssert.AreEqual(text, ids[1..(1 + text.Length)]);
    }

    [TestMethod]
    public void WeightsOfOneLeaveTheBitsAlone()
    {
        float[] values = [.. Enumerable.Range(0, 77 * 3).Select(i => MathF.Sin(i))];
        float[] weighed = [.. values];
        PromptWeighting.Apply(weighed, new PromptChunker(Tokenizer).Chunk("a house"), Emphasis.Original);
        CollectionAssert.AreEqual(values, weighed);
    }

    [TestMethod]
    public void EachChunkKeepsItsOwnMean()
    {
        PromptTokens prompt = new PromptChunker(Tokenizer).Chunk("a (house:1.6) BREAK (a lake:0.4)");
        float[] values = [.. Enumerable.Range(0, 2 * 77 * 4).Select(i => 1 + MathF.Sin(i))];
        float[] weighed = [.. values];
        PromptWeighting.Apply(weighed, prompt, Emphasis.Original);
        Assert.AreEqual(values[..308].Average(), weighed[..308].Average(), 1e-6f);
        Assert.AreEqual(values[308..].Average(), weighed[308..].Average(), 1e-6f);
        Assert.AreNotEqual(values[8], weighed[8]);
    }

    [TestMethod]
    public void EmbeddingsOfTheWrongSizeAreRefused() =>
        Assert.ThrowsExactly<ArgumentException>(() => PromptWeighting.Apply(new float[100], new PromptChunker(Tokenizer).Chunk("a"), Emphasis.NoNorm));
}
