using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Tests.Text;

/// <summary>Texts that stable-diffusion-webui's get_learned_conditioning_prompt_schedules gives, by its own examples and by its rule for the step that an evaluation takes.</summary>
[TestClass]
public sealed class PromptScheduleTests
{
    [TestMethod]
    [DataRow("test", "10:test")]
    [DataRow("a [b:3]", "4:a |6:a b")]
    [DataRow("a [b: 3]", "4:a |6:a b")]
    [DataRow("a [[[b]]:2]", "3:a |7:a [[b]]")]
    [DataRow("[(a:2):3]", "4:|6:(a:2)")]
    [DataRow("a [b : c : 1] d", "2:a b  d|8:a  c  d")]
    [DataRow("a[b:[c:d:2]:1]e", "2:abe|1:ace|7:ade")]
    [DataRow("a [unbalanced", "10:a [unbalanced")]
    [DataRow("a [b:.5] c", "6:a  c|4:a b c")]
    [DataRow("a [{b|d{:.5] c", "6:a  c|4:a {b|d{ c")]
    [DataRow("((a][:b:c [d:3]", "4:((a][:b:c |6:((a][:b:c d")]
    [DataRow("[a|(b:1.1)]", "2:a|1:(b:1.1)|1:a|1:(b:1.1)|1:a|1:(b:1.1)|1:a|1:(b:1.1)|1:a")]
    [DataRow("[fe|]male", "2:female|1:male|1:female|1:male|1:female|1:male|1:female|1:male|1:female")]
    [DataRow("[cat:dog:0.5]", "6:cat|4:dog")]
    [DataRow("[cat::0.3]!", "4:cat!|6:!")]
    [DataRow("[cat:dog:0.05]", "10:dog")]
    [DataRow("[cat:dog:20]", "10:cat")]
    [DataRow("[time: noon] and \\[a|b\\] and [soft]", "10:[time: noon] and \\[a|b\\] and [soft]")]
    public void TextsFollowTheSteps(string prompt, string expected)
    {
        IReadOnlyList<string> texts = PromptSchedule.Of(prompt, 10);
        Assert.HasCount(10, texts);
        List<(string Text, int Count)> runs = [];
        foreach (string text in texts)
        {
            if (runs.Count > 0 && runs[^1].Text == text)
            {
                runs[^1] = (text, runs[^1].Count + 1);
            }
            else
            {
                runs.Add((text, 1));
            }
        }

        Assert.AreEqual(expected, string.Join('|', runs.Select(run => $"{run.Count}:{run.Text}")));
    }

    [TestMethod]
    public void BracketsOfAnyDepthAndNumberAreText()
    {
        string deep = new string('[', 100_000) + "a" + new string(']', 100_000);
        Assert.AreEqual(deep, PromptSchedule.Of(deep, 3)[2]);
        string open = new string('[', 100_000);
        Assert.AreEqual(open, PromptSchedule.Of(open, 3)[0]);
        string[] rows = [.. PromptSchedule.Of(string.Concat(Enumerable.Repeat("[a|b]", 2000)), 4)];
        Assert.HasCount(2, rows.Distinct());
    }
}
