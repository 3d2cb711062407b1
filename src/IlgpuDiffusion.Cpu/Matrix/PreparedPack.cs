using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>The packing of a weight into panels.</summary>
internal sealed class PreparedPack(WorkerPool pool, PanelSize size, ElementType type) : Prepared
{
    public override Launch Bind(ReadOnlySpan<Place> places, string path) => new PackLaunch(pool, new PackJob(size, type), places[0], places[1], path);
}

/// <summary>The packing with its operands.</summary>
internal sealed unsafe class PackLaunch(WorkerPool pool, PackJob job, Place source, Place target, string path) : Launch(path)
{
    public override void Run(in Bases bases, CancellationToken cancellation)
    {
        job.Source = (byte*)bases.Address(source);
        job.Target = (byte*)bases.Address(target);
        pool.Run(job, job.Tasks, cancellation);
    }
}
