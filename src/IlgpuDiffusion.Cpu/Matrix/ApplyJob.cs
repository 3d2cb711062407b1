using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Applies a prologue to a whole input, once, for a product whose tasks would each repeat it.</summary>
internal sealed unsafe class ApplyJob : ParallelJob
{
    private const int TaskFloats = 1 << 15;

    private readonly int _pixels;
    private readonly int _imagePixels;
    private readonly int _channels;
    private readonly int _taskPixels;
    private readonly int _blockChannels;
    private readonly nint _blockFloats;

    private ApplyJob(Shape x, int blockChannels, nint blockFloats)
    {
        (_pixels, _imagePixels, _channels, _blockChannels, _blockFloats) = (x.Rows, x.Tokens, x.Channels, blockChannels, blockFloats);
        _taskPixels = Math.Max(TaskFloats / _channels, 1);
    }

    /// <summary>Set before each run.</summary>
    public InputPlaces Input;

    /// <summary>Where pixels go; set before each run.</summary>
    public float* Target;

    public int Tasks => (_pixels + _taskPixels - 1) / _taskPixels;

    /// <summary>Pixels stay one after the other, without gaps.</summary>
    public static ApplyJob Plain(Shape x) => new(x, x.Channels, 0);

    /// <summary>Pixels become a strip: [blocks of 128 channels][pixels][128].</summary>
    /// <param name="x">The input.</param>
    /// <param name="blockFloats">Floats from one block to the next.</param>
    public static ApplyJob Packing(Shape x, nint blockFloats) => new(x, Panels.KBlock, blockFloats);

    public override void Execute(int task, byte* scratch)
    {
        int pixel = task * _taskPixels, end = Math.Min(pixel + _taskPixels, _pixels);
        while (pixel < end)
        {
            int image = pixel / _imagePixels, count = Math.Min(end, (image + 1) * _imagePixels) - pixel;
            float* to = Target + ((nint)pixel * _blockChannels);
            for (int channel = 0; channel < _channels; channel += _blockChannels, to += _blockFloats)
            {
                StripFill.Line(to, _blockChannels, Input, pixel, null, count, channel, Math.Min(_channels - channel, _blockChannels), image);
            }

            pixel += count;
        }
    }
}
