using System.Text.Json;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class T5TokenizerGoldenTests
{
    [TestMethod]
    [DataRow("t5", "tokenizer.json")]
    [DataRow("t5", null)]
    [DataRow("tiny-t5", "tokenizer.json")]
    [DataRow("tiny-t5", "spiece.model")]
    public void EveryRecordedTextHasTheReferencesIds(string name, string? file)
    {
        using TemporaryFolder folder = new();
        foreach (string needed in file is null ? [] : (string[])[file, "tokenizer_config.json"])
        {
            File.Copy(Golden.Find($"tokenizers/{name}/{needed}"), folder.File(needed));
        }

        // Without a file, the vocabulary that comes with the program.
        T5Tokenizer tokenizer = file is null ? T5Tokenizer.Google() : T5Tokenizer.Load(folder.Path);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Golden.Find($"tokenizers/{name}.cases.json")));
        int length = json.RootElement.GetProperty("max_length").GetInt32();
        List<string> wrong = [];
        int count = 0;
        foreach (JsonElement row in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] ids = [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            int[] ended = [.. tokenizer.Encode(text).Take(length - 1), tokenizer.EndId];
            int[] padded = [.. ids, .. Enumerable.Repeat(tokenizer.PadId, length - ids.Length)];
            if (!ids.SequenceEqual(ended) || !padded.SequenceEqual(tokenizer.EncodePadded(text, length)))
            {
                wrong.Add($"{JsonSerializer.Serialize(text)}\n  expected {string.Join(' ', ids)}\n  got      {string.Join(' ', ended)}");
            }

            count++;
        }

        Console.WriteLine($"measured {name}, {file}: {wrong.Count} of {count} texts have other ids");
        Assert.IsEmpty(wrong, string.Join('\n', wrong.Take(5)));
        Assert.IsGreaterThan(100, count);
        Assert.IsTrue(file is not null || tokenizer.VocabularySize == UnigramVocabulary.GoogleSize, $"{tokenizer.VocabularySize}");
    }

    [TestMethod]
    public void ADamagedModelIsAnErrorThatNamesTheFile()
    {
        byte[] whole = File.ReadAllBytes(Golden.Find("tokenizers/tiny-t5/spiece.model"));
        Random random = new(1);
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = i % 2 == 0 ? whole[..random.Next(whole.Length)] : (byte[])whole.Clone();
            for (int j = 0; i % 2 == 1 && j < 8; j++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            using TemporaryFolder folder = new();
            File.WriteAllBytes(folder.File("spiece.model"), damaged);
            try
            {
                // A changed letter or score is no damage that could be seen.
                _ = T5Tokenizer.Load(folder.Path).Encode("a blue lake à night, ½ ﬁ e\u0301");
            }
            catch (InvalidDataException e)
            {
                StringAssert.Contains(e.Message, "spiece.model", StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.IsGreaterThan(100, refused);
    }

    [TestMethod]
    public void WhatIsNoT5TokenizerIsAnErrorThatSaysSo()
    {
        using TemporaryFolder folder = new();
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => T5Tokenizer.Load(folder.Path)).Message, "lacks spiece.model", StringComparison.Ordinal);
        File.Copy(Golden.Find("tokenizers/tiny-clip/tokenizer.json"), folder.File("tokenizer.json"));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => T5Tokenizer.Load(folder.Path)).Message, "T5's is 'Unigram'", StringComparison.Ordinal);
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => T5Tokenizer.Load(folder.File("none")));
    }
}
