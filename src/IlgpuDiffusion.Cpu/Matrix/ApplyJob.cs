namespace IlgpuDiffusion.Cpu;

/// <summary>Applies a prologue to a whole input, once, for a product whose tasks would each repeat it.</summary>
internal sealed unsafe class ApplyJob(int pixels, int channels, int imagePixels) : ParallelJob
{
    private const int TaskFloats = 1 << 15;

    private readonly int _taskPixels = Math.Max(TaskFloats / channels, 1);

    /// <summary>Set before each run.</summary>
    public InputPlaces Input;

    /// <summary>Pixels without gaps; set before each run.</summary>
    public float* Target;

    public int Tasks => (pixels + _taskPixels - 1) / _taskPixels;

    public override void Execute(int task, byte* scratch)
    {
        int pixel = task * _taskPixels, end = Math.Min(pixel + _taskPixels, pixels);
        while (pixel < end)
        {
            int image = pixel / imagePixels, count = Math.Min(end, (image + 1) * imagePixels) - pixel;
            StripFill.Line(Target + ((nint)pixel * channels), channels, Input, pixel, null, count, 0, channels, image);
            pixel += count;
        }
    }
}
