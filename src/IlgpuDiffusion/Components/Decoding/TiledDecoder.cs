using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Components;

/// <summary>Decodes by a <see cref="DecodePlan"/>, on the lane's thread.</summary>
/// <param name="runner">Device, lane and weights.</param>
/// <param name="source">The weights.</param>
internal sealed class TiledDecoder(ComponentRunner runner, IWeightSource source)
{
    private Device Device => runner.Device;

    /// <summary>Latents [h, w, c], scaled for the denoiser, to what the decoder gives, [H, W, 3].</summary>
    public float[] Decode(DecodePlan plan, ReadOnlySpan<float> latents, CancellationToken cancellation)
    {
        // What larger programs have left would stand beside the kept tensors; those that go on afterwards find it again.
        long arena = runner.Lane.ArenaBytes;
        runner.Lane.Release();
        (BandedTensor x, double[] sums) = Head(plan, latents, cancellation);
        try
        {
            foreach (DecodePart part in plan.Parts)
            {
                runner.Lane.Release();
                BandedTensor y = new(Device, part.Result, part.OutChannels, "a decoded picture's features");
                try
                {
                    sums = Run(part, x, y, sums, cancellation);
                }
                catch
                {
                    y.Dispose();
                    throw;
                }

                x.Dispose();
                x = y;
            }

            float[] picture = Download(x);
            x.Dispose();
            runner.Lane.Reserve(arena);
            return picture;
        }
        finally
        {
            x.Dispose();
        }
    }

    private (BandedTensor Result, double[] Sums) Head(DecodePlan plan, ReadOnlySpan<float> latents, CancellationToken cancellation)
    {
        DecodePart next = plan.Parts[0];
        Grid grid = next.Picture;
        Window all = new(0, 0, grid.Height, grid.Width);
        using Run run = Begin(plan.Head, cancellation);
        run.Set(DecodePart.Input, latents);
        run.Set<int>(DecodePart.Kept, [0, grid.Height, 0, grid.Width]);
        plan.Tiles.Set(run);
        run.Prepare(cancellation);
        BandedTensor result = new(Device, grid, next.InChannels, "a decoded picture's features");
        result.Write(all, run.OutputAddress(0), grid.Width, 0, 0);
        double[] sums = new double[2 * next.InChannels];
        AddSums(run, plan.Head, 1, sums);
        return (result, sums);
    }

    private double[] Run(DecodePart part, BandedTensor x, BandedTensor y, double[] inputSums, CancellationToken cancellation)
    {
        List<double[]> norms = part.NormsItsInput ? [inputSums] : [];
        while (norms.Count < part.Norms)
        {
            Executable executable = part.Sums(norms.Count);
            double[] sums = new double[executable.OutputTypes[0].Shape.Channels];
            using Run run = Begin(executable, norms, cancellation);
            foreach ((Window kept, Window read) in part.Tiles)
            {
                Tile(run, x, kept, read, part.ScaleOf(norms.Count), cancellation);
                AddSums(run, executable, 0, sums);
            }

            norms.Add(sums);
        }

        double[] resultSums = new double[2 * part.OutChannels];
        using Run end = Begin(part.End, norms, cancellation);
        (Window Kept, Window Read)[] tiles = [.. part.Tiles];
        for (int i = 0; i < tiles.Length; i++)
        {
            (Window kept, Window read) = tiles[i];
            Tile(end, x, kept, read, part.Scale, cancellation);
            Window inside = new Window(kept.Top - read.Top, kept.Left - read.Left, kept.Rows, kept.Columns).Times(part.Scale);
            y.Write(kept.Times(part.Scale), end.OutputAddress(0), read.Columns * part.Scale, inside.Top, inside.Left);
            AddSums(end, part.End, 1, resultSums);
            x.FreeBefore(i + 1 < tiles.Length ? tiles[i + 1].Read.Top : part.Picture.Height);
        }

        return resultSums;
    }

    private static void Tile(Run run, BandedTensor x, Window kept, Window read, int scale, CancellationToken cancellation)
    {
        x.Read(read, run.Address(DecodePart.Input));
        Window inside = new Window(kept.Top - read.Top, kept.Left - read.Left, kept.Rows, kept.Columns).Times(scale);
        run.Set<int>(DecodePart.Kept, [inside.Top, inside.Top + inside.Rows, inside.Left, inside.Left + inside.Columns]);
        run.Prepare(cancellation);
    }

    private Run Begin(Executable executable, CancellationToken cancellation)
    {
        runner.Load("decoder", executable, source, cancellation);
        return Graphs.Execution.Run.Begin(executable, runner.Lane);
    }

    private Run Begin(Executable executable, List<double[]> norms, CancellationToken cancellation)
    {
        Run run = Begin(executable, cancellation);
        for (int i = 0; i < norms.Count; i++)
        {
            if (run.Takes(PartNorms.Sums(i)))
            {
                run.Set<double>(PartNorms.Sums(i), norms[i]);
            }
        }

        return run;
    }

    // Slots in order, tiles in order: the same bits for any number of threads.
    private void AddSums(Run run, Executable executable, int output, double[] sums)
    {
        double[] slots = new double[executable.OutputTypes[output].Shape.Count];
        Device.Download(run.OutputAddress(output), MemoryMarshal.AsBytes(slots.AsSpan()));
        for (int i = 0; i < slots.Length; i++)
        {
            sums[i % sums.Length] += slots[i];
        }
    }

    private float[] Download(BandedTensor picture)
    {
        int line = picture.Grid.Width * picture.Channels;
        float[] pixels = new float[(long)picture.Grid.Height * line];
        using DeviceMemory row = Device.Allocate((long)line * sizeof(float), "a row of the picture");
        for (int y = 0; y < picture.Grid.Height; y++)
        {
            picture.Read(new Window(y, 0, 1, picture.Grid.Width), row.Address);
            Device.Download(row.Address, MemoryMarshal.AsBytes(pixels.AsSpan(y * line, line)));
        }

        return pixels;
    }
}
