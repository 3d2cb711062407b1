using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>The packing of a weight into panels.</summary>
internal sealed class PreparedPack(WorkerPool pool, PanelSize size, ElementType type) : Prepared
{
    public override Launch Bind(ReadOnlySpan<Place> places, string path) =>
        new PackLaunch(pool, new TouchJob((long)size.Panels * size.PanelElements * type.Size()), new PackJob(size, type), places[0], places[1], path);
}

/// <summary>The packing with its operands.</summary>
internal sealed unsafe class PackLaunch(WorkerPool pool, TouchJob touch, PackJob job, Place source, Place target, string path) : Launch(path)
{
    public override bool ReadNumbers => !job.FoundNonFinite;

    public override void Run(in Bases bases, CancellationToken cancellation)
    {
        job.Source = (byte*)bases.Address(source);
        job.Target = touch.Target = (byte*)bases.Address(target);
        job.FoundNonFinite = false;
        pool.Run(touch, touch.Tasks, cancellation);
        pool.Run(job, job.Tasks, cancellation);
    }
}
