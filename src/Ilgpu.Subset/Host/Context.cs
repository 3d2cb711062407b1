using System.Collections.Immutable;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace ILGPU;

/// <summary>The devices that were asked for. Of CUDA and OpenCL there are none here.</summary>
public sealed class Context : IDisposable
{
    private Context(Builder builder)
    {
        // Where none is found there is one on the processor.
        Devices = builder.Asked.Count > 0 ? [.. builder.Asked] : [CPUDevice.Default];
        IsProfiled = builder.IsProfiled;
    }

    public ImmutableArray<Device> Devices { get; }

    internal bool IsProfiled { get; }

    public static Context Create(Action<Builder> buildingCallback)
    {
        Builder builder = new();
        buildingCallback(builder);
        return new(builder);
    }

    public Device GetPreferredDevice(bool preferCPU) =>
        Devices.Length > 0 ? Devices[0] : throw new NotSupportedException("No device was asked for.");

    public void Dispose()
    {
    }

    /// <summary>Collects what a context is made of.</summary>
    public sealed class Builder
    {
        internal Builder()
        {
        }

        internal List<Device> Asked { get; } = [];

        internal bool IsProfiled { get; private set; }

        public Builder Default() => this.CPU();

        public Builder Optimize(OptimizationLevel level) => this;

        public Builder Math(MathMode mathMode) => this;

        public Builder Profiling()
        {
            IsProfiled = true;
            return this;
        }
    }
}
