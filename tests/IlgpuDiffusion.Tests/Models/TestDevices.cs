using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Devices;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>The devices that models are checked on.</summary>
internal static class TestDevices
{
    public const string Oracle = "oracle";
    public const string Cpu = "cpu";

    public static Device Create(string name = Oracle) => name == Cpu ? new CpuDevice(new CpuDeviceOptions { Threads = 2 }) : new OracleDevice();
}
