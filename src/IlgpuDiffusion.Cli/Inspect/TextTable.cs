namespace IlgpuDiffusion.Cli;

/// <summary>Plain columns, the same on a terminal and in a file.</summary>
internal static class TextTable
{
    /// <param name="output">Where to.</param>
    /// <param name="rows">Rows of one length, the first of them titles.</param>
    /// <param name="alignment">A letter a column, l or r.</param>
    public static void Write(TextWriter output, IReadOnlyList<string[]> rows, string alignment)
    {
        int[] widths = [.. Enumerable.Range(0, alignment.Length).Select(c => rows.Max(r => r[c].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, c) => alignment[c] == 'r' ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]))).TrimEnd());
        }
    }
}
