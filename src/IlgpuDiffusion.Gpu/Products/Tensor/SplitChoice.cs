namespace IlgpuDiffusion.Gpu;

/// <summary>
/// In how many parts a product's K is split among groups. Small pictures of many channels have few tiles, which leave most of a GPU's multiprocessors idle. An image's
/// shape alone decides, not the batch nor the device, since the parts' sums are added in another order than one sum.
/// </summary>
internal static class SplitChoice
{
    /// <summary>Steps of <see cref="GemmTile.Depth"/> columns that are worth a part, and with it another pass over the sums.</summary>
    public const int LeastSteps = 32;

    // Groups at once on a large GPU; images of a usual batch, with and without the prompt; parts whose sums still lie in the caches.
    private const int Groups = 128, Images = 2, Most = 8;

    /// <summary>The parts; 1 where K is not split.</summary>
    /// <param name="rows">Rows of an image's result.</param>
    /// <param name="columns">Rows of the weight.</param>
    /// <param name="k">Columns of the weight.</param>
    /// <param name="least">Steps of a part at least.</param>
    public static int Parts(int rows, int columns, int k, int least = LeastSteps)
    {
        int tiles = checked(Whole(Images * rows, GemmTile.Rows) * Whole(columns, TileChoice.Narrow)), steps = Whole(k, GemmTile.Depth);

        // Sums and gates are read four at a time.
        int parts = columns % 8 != 0 ? 1 : Math.Max(1, Math.Min(Most, Math.Min(Groups / tiles, steps / least)));
        return Whole(steps, Whole(steps, parts));
    }

    private static int Whole(int all, int part) => (all + part - 1) / part;
}
