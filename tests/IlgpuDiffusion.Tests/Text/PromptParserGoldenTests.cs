using System.Text.Json;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class PromptParserGoldenTests
{
    [TestMethod]
    public void EveryRecordedPromptHasTheReferencesParts()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Golden.Find("prompt-attention.cases.json")));
        double worst = 0;
        int count = 0;
        foreach (JsonElement row in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            count++;
            if (row.TryGetProperty("error", out _))
            {
                Assert.ThrowsExactly<FormatException>(() => PromptParser.Parse(text), text);
                continue;
            }

            IReadOnlyList<PromptPart> parts = PromptParser.Parse(text);
            JsonElement expected = row.GetProperty("parts");
            CollectionAssert.AreEqual(expected.EnumerateArray().Select(part => part[0].GetString()).ToArray(), parts.Select(part => part.Text).ToArray(), text);
            for (int i = 0; i < parts.Count; i++)
            {
                double weight = expected[i][1].GetDouble();
                double error = Math.Abs(parts[i].Weight - weight) / (1 + Math.Abs(weight));
                worst = Math.Max(worst, error);
                Assert.IsLessThanOrEqualTo(1e-12, error, $"{text}: part {i}");
            }
        }

        Console.WriteLine($"measured prompt weights: {worst:E2} in {count} prompts");
        Assert.IsGreaterThan(0, count);
    }
}
