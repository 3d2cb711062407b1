using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Devices;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>The devices that models are checked on.</summary>
internal static class TestDevices
{
    public static Device Create() => new OracleDevice();
}
