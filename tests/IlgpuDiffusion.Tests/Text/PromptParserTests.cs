namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class PromptParserTests
{
    [TestMethod]
    [DataRow("(a:1.2.3)", ":1.2.3)")]
    [DataRow("a house, (b: . )", "at character 12")]
    public void AWeightThatIsNoNumberIsAnError(string prompt, string expected) =>
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => PromptParser.Parse(prompt)).Message, expected);

    [TestMethod]
    public void AWeightWithoutBracketIsText() => CollectionAssert.AreEqual(new[] { new PromptPart("a:1.2.3)", 1) }, PromptParser.Parse("a:1.2.3)").ToArray());

    [TestMethod]
    [DataRow("a\u001cBREAK\u00a0b", 3, DisplayName = "the white space of Python")]
    [DataRow("aBREAK b", 1, DisplayName = "part of a word")]
    [DataRow("a_BREAK BREAK² b", 1, DisplayName = "word characters")]
    [DataRow("a BREAK, b", 3, DisplayName = "before a comma")]
    [DataRow("a break b", 1, DisplayName = "small letters")]
    public void OnlyTheWordBreaks(string prompt, int parts) => Assert.HasCount(parts, PromptParser.Parse(prompt));

    [TestMethod]
    public void DeepBracketsEnd()
    {
        PromptPart part = PromptParser.Parse(new string('(', 100_000) + "a")[0];
        Assert.AreEqual("a", part.Text);
        Assert.AreEqual(double.PositiveInfinity, part.Weight);
    }
}
