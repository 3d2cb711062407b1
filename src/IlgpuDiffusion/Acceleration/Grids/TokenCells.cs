using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>The destinations of token merging: one token of every cell (Bolya and Hoffman 2023, as github.com/dbolya/tomesd has it). Rows and columns left over have none.</summary>
internal static class TokenCells
{
    /// <summary>How many cells a grid has.</summary>
    public static int Count(Grid grid, int cellHeight, int cellWidth) => (grid.Height / cellHeight) * (grid.Width / cellWidth);

    /// <summary>The destinations' token numbers, ascending.</summary>
    /// <param name="grid">The tokens' grid.</param>
    /// <param name="cellHeight">Rows of a cell.</param>
    /// <param name="cellWidth">Columns of a cell.</param>
    /// <param name="choose">The token of each cell, by its number in the cell row by row; null for the first.</param>
    public static int[] Destinations(Grid grid, int cellHeight, int cellWidth, Func<int, int>? choose = null)
    {
        int across = grid.Width / cellWidth;
        int[] tokens = new int[Count(grid, cellHeight, cellWidth)];
        for (int cell = 0; cell < tokens.Length; cell++)
        {
            int chosen = choose?.Invoke(cell) ?? 0;
            int y = (cell / across * cellHeight) + (chosen / cellWidth), x = (cell % across * cellWidth) + (chosen % cellWidth);
            tokens[cell] = (y * grid.Width) + x;
        }

        Array.Sort(tokens);
        return tokens;
    }
}
