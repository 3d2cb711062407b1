using ILGPU.Runtime;

namespace ILGPU.Running;

/// <summary>Runs launches: checks their limits, spreads their groups over the processors.</summary>
internal sealed class Launcher(Device device) : IDisposable
{
    private readonly Stack<Worker> _idle = new();

    public void Run(LoadedKernel kernel, KernelConfig config, Action body)
    {
        Check(kernel, config);
        long groups = (long)config.GridDim.X * config.GridDim.Y * config.GridDim.Z;
        int workers = (int)Math.Min(groups, Environment.ProcessorCount);
        Ticket ticket = new(groups);
        if (workers == 1)
        {
            Work(kernel, config, body, ticket);
        }
        else
        {
            Parallel.For(0, workers, _ => Work(kernel, config, body, ticket));
        }

        ticket.ThrowIfFailed();
    }

    public void Dispose()
    {
        lock (_idle)
        {
            while (_idle.TryPop(out Worker? worker))
            {
                worker.Dispose();
            }
        }
    }

    private void Work(LoadedKernel kernel, KernelConfig config, Action body, Ticket ticket)
    {
        Worker? worker;
        lock (_idle)
        {
            _idle.TryPop(out worker);
        }

        worker ??= new();
        worker.Run(kernel, config, device.WarpSize, body, ticket);
        lock (_idle)
        {
            _idle.Push(worker);
        }
    }

    private void Check(LoadedKernel kernel, in KernelConfig config)
    {
        Index3D grid = config.GridDim;
        Index3D group = config.GroupDim;
        long items = (long)group.X * group.Y * group.Z;
        Require(grid.X > 0 && grid.Y > 0 && grid.Z > 0 && group.X > 0 && group.Y > 0 && group.Z > 0, "is empty");
        Require(Fits(grid, device.MaxGridSize), $"exceeds the largest grid {device.MaxGridSize}");
        Require(Fits(group, device.MaxGroupSize) && items <= device.MaxNumThreadsPerGroup, $"exceeds the largest group of {device.MaxNumThreadsPerGroup} items, {device.MaxGroupSize}");
        Require(items <= (kernel.Specialization.MaxNumThreadsPerGroup ?? int.MaxValue), $"exceeds the {kernel.Specialization.MaxNumThreadsPerGroup} items that the kernel was loaded for");
        Require(config.SharedMemoryConfig.Bytes <= GroupState.MaxDynamic, $"asks for {config.SharedMemoryConfig.Bytes} bytes of dynamic shared memory; the most is {GroupState.MaxDynamic}");

        void Require(bool holds, string message)
        {
            if (!holds)
            {
                throw new KernelFaultException($"Kernel {kernel.Name}: a launch of {grid} groups of {group} items {message}.");
            }
        }

        static bool Fits(Index3D size, Index3D limit) => size.X <= limit.X && size.Y <= limit.Y && size.Z <= limit.Z;
    }
}
