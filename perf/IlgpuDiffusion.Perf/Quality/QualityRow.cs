namespace IlgpuDiffusion.Perf.Quality;

/// <summary>A picture held against the exact one of its prompt and seed, and against one of four times the steps.</summary>
internal sealed record QualityRow(int Size, int Pair, string Case, double Psnr, double Ssim, double Detail, double PsnrLong, double SsimLong);

/// <summary>Seconds of a request, and of the exact one beside it.</summary>
internal sealed record TimeRow(int Size, string Case, double Seconds, double Exact, double Expected);

/// <summary>What a budget came to on the machine that was timed, so that pictures painted elsewhere are of the same policies.</summary>
internal sealed record ChoiceRow(int Size, string Method, string Setting, string Policy, string Does);
