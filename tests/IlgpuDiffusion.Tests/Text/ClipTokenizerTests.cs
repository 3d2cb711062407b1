using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class ClipTokenizerTests
{
    private static readonly Lazy<ClipTokenizer> Shipped = new(() => ClipTokenizer.Load(Source));

    private static string Source => Path.Combine(Golden.Checkout, "src", "IlgpuDiffusion.Papercut", "model", "tokenizer");

    [TestMethod]
    public void TheEmptyTextIsBeginEndAndPadding()
    {
        ClipTokenizer tokenizer = Shipped.Value;
        Assert.IsEmpty(tokenizer.Encode(""));
        Assert.IsEmpty(tokenizer.Encode(" \t\r\n\u3000"));
        int[] ids = tokenizer.EncodePadded("");
        Assert.HasCount(ClipTokenizer.ContextLength, ids);
        Assert.AreEqual(tokenizer.BosId, ids[0]);
        Assert.IsTrue(ids.Skip(1).All(id => id == tokenizer.EosId));
    }

    [TestMethod]
    public void AnOverlongTextKeepsItsEndToken()
    {
        ClipTokenizer tokenizer = Shipped.Value;
        string text = string.Concat(Enumerable.Repeat("a house 🙂 日本 ", 100));
        int[] all = tokenizer.Encode(text);
        int[] ids = tokenizer.EncodePadded(text, 20);
        CollectionAssert.AreEqual(all[..18], ids[1..19]);
        Assert.AreEqual(tokenizer.EosId, ids[19]);
    }

    [TestMethod]
    public void EveryByteHasAnId()
    {
        ClipTokenizer tokenizer = Shipped.Value;
        string text = new([.. Enumerable.Range(0, 0x3000).Select(code => (char)code)]);
        Assert.IsTrue(tokenizer.Encode(text + "\uD83D\uFFFF\U0001F642").All(id => id >= 0 && id < tokenizer.VocabularySize));
    }

    [TestMethod]
    public void AnEndlessWordIsReadInReasonableTime() => Assert.IsNotEmpty(Shipped.Value.Encode(new string('a', 300_000)));

    [TestMethod]
    public void ManyThreadsReadAlike()
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(Source);
        string[] texts = [.. Enumerable.Range(0, 400).Select(i => $"a house number {i} with {i * 7} boats{i % 13}")];
        int[][] alone = [.. texts.Select(text => Shipped.Value.Encode(text))];
        Parallel.For(0, texts.Length, i => CollectionAssert.AreEqual(alone[i], tokenizer.Encode(texts[i])));
    }

    [TestMethod]
    public void ThePadTokenOfTheMapGoesBeforeTheConfigs()
    {
        using TemporaryFolder folder = Copy();
        File.WriteAllText(folder.File("special_tokens_map.json"), """{"pad_token": "!"}""");
        ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Path);
        Assert.AreEqual(0, tokenizer.PadId);
        int[] ids = tokenizer.EncodePadded("a house");
        Assert.AreEqual(tokenizer.EosId, ids[Array.LastIndexOf(ids, tokenizer.EosId)]);
        Assert.AreEqual(0, ids[^1]);
    }

    [TestMethod]
    public void AddedTokensAreTakenWithTheirStatedIds()
    {
        using TemporaryFolder folder = Copy();
        int size = Shipped.Value.VocabularySize;
        File.WriteAllText(folder.File("added_tokens.json"), $$"""{"<Tiny-Cat>": {{size + 3}}}""");
        ClipTokenizer tokenizer = ClipTokenizer.Load(folder.Path);
        CollectionAssert.Contains(tokenizer.Encode("a photo of <tiny-CAT>, red"), size + 3);
        Assert.AreEqual(size + 4, tokenizer.VocabularySize);
    }

    [TestMethod]
    [DataRow("vocab.json", "{\"a\": 1,\n\"b\": }", "vocab.json', line 2", DisplayName = "broken JSON")]
    [DataRow("vocab.json", "{\"a\": 1,\n\"b\": 2", "vocab.json', line 2", DisplayName = "a vocabulary cut short")]
    [DataRow("vocab.json", "{\"a\": 1,\n\n\"b\": 1.5}", "line 3: the id of 'b'", DisplayName = "an id that is no whole number")]
    [DataRow("vocab.json", "{\"a\": 1,\n\"a\": 2}", "line 2: the symbol 'a' stands twice", DisplayName = "a symbol twice")]
    [DataRow("vocab.json", "{\"a\": 1, \"b\": 1}", "'a' and 'b' have the same id 1", DisplayName = "an id twice")]
    [DataRow("vocab.json", "{}", "vocab.json' holds no symbols", DisplayName = "an empty vocabulary")]
    [DataRow("vocab.json", "[]", "vocab.json', line 1: expected an object", DisplayName = "a list")]
    [DataRow("vocab.json", "", "vocab.json', line 1", DisplayName = "an empty file")]
    [DataRow("merges.txt", "#version: 0.2\nt h\nth\n", "merges.txt', line 3: 'th' is not two symbols", DisplayName = "half a merge")]
    [DataRow("merges.txt", "#version: 0.2\nt h e\n", "merges.txt', line 2", DisplayName = "three symbols")]
    [DataRow("merges.txt", "#version: 0.2\nt h\nq zz\n", "merges.txt', line 3: the symbol 'zz' is not in", DisplayName = "merges of another vocabulary")]
    [DataRow("merges.txt", "#version: 0.2\n", "merges.txt' holds no merges", DisplayName = "no merges")]
    [DataRow("tokenizer_config.json", "{\"bos_token\": 3}", "tokenizer_config.json': bos_token", DisplayName = "a token that is a number")]
    [DataRow("tokenizer_config.json", "{\"bos_token\": \"<s>\"}", "no special token '<s>'", DisplayName = "a special token without id")]
    [DataRow("tokenizer_config.json", "{\"added_tokens_decoder\": {\"x\": \"a\"}}", "'x' of added_tokens_decoder", DisplayName = "an id that is a letter")]
    [DataRow("special_tokens_map.json", "nothing", "special_tokens_map.json', line 1", DisplayName = "a map that is no JSON")]
    public void ACorruptFileIsNamed(string file, string content, string expected)
    {
        using TemporaryFolder folder = Copy();
        File.WriteAllText(folder.File(file), content);
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => ClipTokenizer.Load(folder.Path));
        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    public void AMissingFileIsNamed()
    {
        using TemporaryFolder folder = new();
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => ClipTokenizer.Load(folder.Path)).Message, "lacks vocab.json");
        File.Copy(Path.Combine(Source, "vocab.json"), folder.File("vocab.json"));
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => ClipTokenizer.Load(folder.Path)).Message, "lacks merges.txt");
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => ClipTokenizer.Load(folder.File("none"))).Message, "none");
    }

    [TestMethod]
    public void ATokenizerOfAnotherKindIsRefused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("tokenizer.json"), """{"model": {"type": "Unigram", "vocab": []}}""");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ClipTokenizer.Load(folder.Path)).Message, "model.type is 'Unigram'");
    }

    private static TemporaryFolder Copy()
    {
        TemporaryFolder folder = new();
        foreach (string name in new[] { "vocab.json", "merges.txt", "tokenizer_config.json" })
        {
            File.Copy(Path.Combine(Source, name), folder.File(name));
        }

        return folder;
    }
}
