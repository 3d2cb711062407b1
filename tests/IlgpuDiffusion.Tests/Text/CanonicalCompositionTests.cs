namespace IlgpuDiffusion.Text.Tests;

[TestClass]
public sealed class CanonicalCompositionTests
{
    [TestMethod]
    [DataRow("plain ASCII", "plain ASCII")]
    [DataRow("e\u0301", "é")]
    [DataRow("a\u0323\u0308", "\u1EA1\u0308", DisplayName = "the lower mark first, the upper stays")]
    [DataRow("q\u0307\u0323", "q\u0323\u0307", DisplayName = "marks are sorted by class")]
    [DataRow("\u212B\u2126\u212A", "\u00C5\u03A9K", DisplayName = "letters that only look like others")]
    [DataRow("\u1112\u1161\u11AB\u1100\u116E\u11A8", "한국")]
    [DataRow("한\u11A8", "한\u11A8", DisplayName = "a syllable with its tail takes no other")]
    [DataRow("\u0344", "\u0308\u0301", DisplayName = "what is never composed again")]
    [DataRow("\u0958", "\u0915\u093C", DisplayName = "a composition that is excluded")]
    [DataRow("\uF900\U0002F800", "\u8C48\u4E3D", DisplayName = "compatibility ideographs")]
    [DataRow("\u0301e", "\u0301e", DisplayName = "a mark before any letter")]
    [DataRow("a\u0301\u0301", "á\u0301", DisplayName = "a mark blocks its equal")]
    [DataRow("\U00011131\U00011127", "\U0001112E", DisplayName = "beyond 16 bits")]
    public void TextsAreComposed(string text, string expected) => Assert.AreEqual(expected, CanonicalComposition.Compose(text));

    [TestMethod]
    public void HalfASurrogatePairIsReplaced() => Assert.AreEqual("x\uFFFDé", CanonicalComposition.Compose("x\uD83De\u0301"));
}
