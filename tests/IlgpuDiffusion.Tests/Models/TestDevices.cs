using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>The devices that models are checked on.</summary>
internal static class TestDevices
{
    public const string Oracle = "oracle";
    public const string Cpu = "cpu";
    public const string IlgpuCpu = "ilgpu-cpu";

    /// <summary>The CPU with every convolution that can be computed so, by tiles of that size: the recorded networks are too small to be given them otherwise.</summary>
    public const string Winograd2 = "cpu, F(2×2)";
    public const string Winograd4 = "cpu, F(4×4)";

    /// <summary>The CPU with doubled pictures in phases: by their products, and by tiles.</summary>
    public const string Direct = "cpu, direct";
    public const string Phases = "cpu, phases by F(3×3)";

    public static Device Create(string name = Oracle) => name switch
    {
        Cpu => new CpuDevice(new CpuDeviceOptions { Threads = 2 }),
        Winograd2 => new CpuDevice(new CpuDeviceOptions { Threads = 2, Convolutions = ConvolutionMethod.Winograd2 }),
        Winograd4 => new CpuDevice(new CpuDeviceOptions { Threads = 2, Convolutions = ConvolutionMethod.Winograd4 }),
        Direct => new CpuDevice(new CpuDeviceOptions { Threads = 2, Convolutions = ConvolutionMethod.Direct }),
        Phases => new CpuDevice(new CpuDeviceOptions { Threads = 2, Convolutions = ConvolutionMethod.WinogradPhases }),
        IlgpuCpu => TestDevice.Open(),
        _ => new OracleDevice(),
    };
}
