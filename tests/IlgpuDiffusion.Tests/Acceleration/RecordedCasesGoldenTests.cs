using System.IO.Enumeration;
using System.Text.Json;
using System.Text.RegularExpressions;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>No recording of a method is left out without a word.</summary>
[TestClass]
public sealed partial class RecordedCasesGoldenTests
{
    [TestMethod]
    public void EveryRecordingIsHereOrItIsSaidWhyNot()
    {
        string[] left = [.. Names().Where(name => !File.Exists(Path.Combine(Golden.Root, "acceleration", name + ".safetensors")) && !File.Exists(Path.Combine(Golden.Root, "acceleration", name + ".json.gz")))];
        string[] said = [.. File.ReadLines(Path.Combine(Golden.Checkout, "docs", "acceleration.md"))
            .SkipWhile(line => line != "### Recordings that are not read").Skip(1).TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).SelectMany(line => Name().Matches(line.Split('|')[1])).Select(match => match.Groups[1].Value)];
        Assert.IsGreaterThan(10, left.Length);
        CollectionAssert.AreEqual(Array.Empty<string>(), left.Where(name => !said.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name))).ToArray(), "left out and not said");
        CollectionAssert.AreEqual(Array.Empty<string>(), said.Where(pattern => !left.Any(name => FileSystemName.MatchesSimpleExpression(pattern, name))).ToArray(), "said and not left out");
    }

    private static IEnumerable<string> Names()
    {
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(Golden.Find("acceleration/index.json")));
        return [.. index.RootElement.GetProperty("cases").EnumerateArray().Where(entry => entry.TryGetProperty("file", out _)).Select(entry => $"{entry.GetProperty("method").GetString()}/{entry.GetProperty("name").GetString()}")];
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
