using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

/// <summary>Runs one op by itself on the processor.</summary>
internal static class OpRunner
{
    /// <summary>Runs the op.</summary>
    /// <param name="op">The op.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="threads">Threads of the device.</param>
    /// <param name="gap">Elements between grid points of every operand.</param>
    public static float[] Run(Op op, Operand[] inputs, int threads = 2, int gap = 0) => MemoryMarshal.Cast<byte, float>(Bytes(op, inputs, threads, gap)).ToArray();

    public static byte[] Bytes(Op op, Operand[] inputs, int threads = 2, int gap = 0, Action<Action>? around = null)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = threads });
        return DeviceRunner.Bytes(device, op, inputs, gap, around: around);
    }

    /// <inheritdoc cref="DeviceRunner.AssertClose(double[], float[], double, string)"/>
    public static void AssertClose(double[] expected, float[] actual, double tolerance, string what) => DeviceRunner.AssertClose(expected, actual, tolerance, what);
}
