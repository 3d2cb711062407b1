using System.Text.Json;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class ClipTokenizerGoldenTests
{
    [TestMethod]
    [DataRow("clip")]
    [DataRow("tiny-clip")]
    public void EveryRecordedTextHasTheReferencesIds(string name)
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(Golden.Find($"tokenizers/{name}"));
        Compare(tokenizer, name);
    }

    [TestMethod]
    public void TheVocabularyThatComesAlongGivesTheSameIds()
    {
        Compare(ClipTokenizer.OpenAi(padsWithEnd: true), "clip");
        ClipTokenizer file = ClipTokenizer.Load(Golden.Find("tokenizers/clip")), own = ClipTokenizer.OpenAi(padsWithEnd: false);
        Assert.AreEqual((file.VocabularySize, file.BosId, file.EosId, 0), (own.VocabularySize, own.BosId, own.EosId, own.PadId));
        Assert.AreEqual(ClipVocabulary.OpenAiSize, own.VocabularySize);
    }

    [TestMethod]
    public void TokenizerJsonAloneGivesTheSameIds()
    {
        using TemporaryFolder folder = new();
        File.Copy(Golden.Find("tokenizers/tiny-clip/tokenizer.json"), folder.File("tokenizer.json"));
        Compare(ClipTokenizer.Load(folder.Path), "tiny-clip");
    }

    [TestMethod]
    public void VocabularyAndMergesAloneGiveTheSameIds()
    {
        using TemporaryFolder folder = new();
        File.Copy(Golden.Find("tokenizers/tiny-clip/vocab.json"), folder.File("vocab.json"));
        File.Copy(Golden.Find("tokenizers/tiny-clip/merges.txt"), folder.File("merges.txt"));
        Compare(ClipTokenizer.Load(folder.Path), "tiny-clip");
    }

    private static void Compare(ClipTokenizer tokenizer, string name)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Golden.Find($"tokenizers/{name}.cases.json")));
        int length = json.RootElement.GetProperty("max_length").GetInt32();
        List<string> wrong = [];
        int count = 0;
        foreach (JsonElement row in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] ids = [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            int[] padded = [.. ids, .. Enumerable.Repeat(tokenizer.PadId, length - ids.Length)];
            int[] plain = tokenizer.Encode(text);
            int[] ended = [tokenizer.BosId, .. plain.Take(length - 2), tokenizer.EosId];
            if (!padded.SequenceEqual(tokenizer.EncodePadded(text, length)) || !ids.SequenceEqual(ended))
            {
                wrong.Add($"{JsonSerializer.Serialize(text)}\n  expected {string.Join(' ', ids)}\n  got      {string.Join(' ', ended)}");
            }

            count++;
        }

        Console.WriteLine($"measured {name}: {wrong.Count} of {count} texts have other ids");
        Assert.IsEmpty(wrong, string.Join('\n', wrong.Take(5)));
        Assert.IsGreaterThan(0, count);
    }
}
