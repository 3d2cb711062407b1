using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Tests.Text;

[TestClass]
public sealed class ForeignSyntaxTests
{
    // Report 12, and its kin.
    [TestMethod]
    [DataRow("a cat <hypernet:x:1>", "'<hypernet:x:1>'")]
    [DataRow("<hypernet:anime:0.5> a cat", "'<hypernet:anime:0.5>'")]
    [DataRow("<hypernet:a> and <x:b:1:2>", "'<hypernet:a>', '<x:b:1:2>'")]
    [DataRow("[cat:dog:0.5]", "'[cat:dog:0.5]'")]
    [DataRow("[dog:10] in a wood", "'[dog:10]'")]
    [DataRow("[cat::.5]", "'[cat::.5]'")]
    [DataRow("a [cow|horse] here", "'[cow|horse]'")]
    [DataRow("a [(cow:1.2)|horse|] here", "'[(cow:1.2)|horse|]'")]
    [DataRow("a cat AND a dog", "'AND'")]
    [DataRow("a cat\nAND a dog :1.2", "'AND'")]
    public void WhatOtherProgramsReadOtherwiseIsSaid(string prompt, string expected)
    {
        string warning = ForeignSyntax.Warnings("prompt", prompt).Single();
        Assert.StartsWith("The prompt has ", warning);
        Assert.Contains(expected, warning);
    }

    [TestMethod]
    [DataRow("a cat, (red:1.3) [blue] ((green)), BREAK a dog")]
    [DataRow("sand and ANDROID, 1 < 2 and 3 > 2, a <b> c")]
    [DataRow(@"\[cat:dog:0.5\] and \[a|b\]")]
    [DataRow("ratio 16:9, [time: noon]")]
    [DataRow("a | b")]
    public void WhatIsReadAsMeantIsNot(string prompt) => Assert.IsEmpty(ForeignSyntax.Warnings("prompt", prompt));
}
