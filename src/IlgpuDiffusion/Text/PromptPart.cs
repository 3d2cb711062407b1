namespace IlgpuDiffusion.Text;

/// <summary>A piece of a prompt and its weight; <see cref="IsBreak"/> for the word BREAK, which ends a chunk.</summary>
/// <param name="Text">The text, without brackets and escapes.</param>
/// <param name="Weight">The product of the weights around it.</param>
internal readonly record struct PromptPart(string Text, double Weight)
{
    /// <summary>Whether this is a break and no text. A BREAK within weighted brackets is text, as in the reference.</summary>
    public bool IsBreak => Text == "BREAK" && Weight == -1;
}
