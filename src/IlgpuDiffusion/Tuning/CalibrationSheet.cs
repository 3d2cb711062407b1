namespace IlgpuDiffusion.Tuning;

/// <summary>
/// How like exact pictures those of ways of computing less were, way by way and picture by picture, each way painted for the first ones. Ways race: only those near the front of likeness against cost are
/// worth more pictures.
/// </summary>
internal sealed class CalibrationSheet
{
    // A way is out of the race where so many others are likelier at no more cost.
    private const int Finalists = 3;

    // Or where one is by so many dB on one picture, on n by √n less: what tells two ways apart differs from picture to picture with a standard deviation of 4.2 dB (the median over pairs of ways within 8 dB, papercut
    // at 256x256), and of two ways the truly better one falls so far behind in 4 % of the cases on one picture, 2 % on two.
    private const double Margin = 6;

    // Costs are not known better.
    private const double SameCost = 0.002;

    private readonly List<(FrontierPoint Way, List<double> Psnr)> _rows = [];

    /// <summary>Whether a way was painted.</summary>
    public bool Has(FrontierPoint way) => _rows.Exists(row => row.Way.IsAs(way));

    /// <summary>Adds what was measured of a way for its next picture.</summary>
    public void Add(FrontierPoint way, double psnr)
    {
        List<double>? row = _rows.Find(row => row.Way.IsAs(way)).Psnr;
        if (row is null)
        {
            _rows.Add((way, row = []));
        }

        row.Add(psnr);
    }

    /// <summary>All ways with their likeness over all pictures. Of a way that was painted for the first ones alone it is the mean over these, and by how much those that have all gained or lost over the others.</summary>
    public IReadOnlyList<FrontierPoint> Points()
    {
        int most = _rows.Select(row => row.Psnr.Count).DefaultIfEmpty(0).Max();
        List<double>[] whole = [.. _rows.Select(row => row.Psnr).Where(row => row.Count == most)];
        double[] beyond = [.. Enumerable.Range(0, most + 1).Select(first => first == 0 ? 0 : whole.Average(row => row.Average() - row.Take(first).Average()))];
        return [.. _rows.Select(row => row.Way with { Psnr = Math.Round(row.Psnr.Average() + beyond[row.Psnr.Count], 2), Pictures = row.Psnr.Count, Spread = Spread(row.Psnr) })];
    }

    /// <summary>Of some ways those that lack pictures.</summary>
    /// <param name="ways">The ways.</param>
    /// <param name="pictures">How many there are.</param>
    public IReadOnlyList<FrontierPoint> Lacking(IEnumerable<FrontierPoint> ways, int pictures)
    {
        IReadOnlyList<FrontierPoint> points = Points();
        return [.. ways.Select(way => points.FirstOrDefault(point => point.IsAs(way))).OfType<FrontierPoint>().Where(point => point.Pictures < pictures)];
    }

    /// <summary>The ways that are in the race and lack pictures, those with the fewest first, of them the one with the fewest likelier ways at no more cost.</summary>
    /// <param name="pictures">How many there are.</param>
    public IReadOnlyList<FrontierPoint> InRace(int pictures)
    {
        IReadOnlyList<FrontierPoint> points = Points();
        return [.. points.Select(point => (point, better: points.Where(other => other.Cost <= point.Cost + SameCost && other.Psnr > point.Psnr).Select(other => other.Psnr).ToArray()))
            .Where(one => one.point.Pictures < pictures && one.better.Length < Finalists && one.better.DefaultIfEmpty(0).Max() - one.point.Psnr <= Margin / Math.Sqrt(one.point.Pictures))
            .OrderBy(one => one.point.Pictures).ThenBy(one => one.better.Length).Select(one => one.point)];
    }

    // The standard deviation, of as many as there are drawn from.
    private static double? Spread(List<double> psnr) => psnr.Count < 2 ? null : Math.Round(Math.Sqrt(psnr.Sum(one => Math.Pow(one - psnr.Average(), 2)) / (psnr.Count - 1)), 2);
}
