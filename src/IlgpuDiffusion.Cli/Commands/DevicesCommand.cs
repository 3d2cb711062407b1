using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Cli;

/// <summary><c>devices</c>: what this machine can compute with.</summary>
internal static class DevicesCommand
{
    public static Command Create(CliHost host)
    {
        Command command = new("devices", "Lists the devices of this machine.");
        command.SetAction(_ =>
        {
            double memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
            host.Output.WriteLine($"cpu  {Name()}");
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"     {Environment.ProcessorCount} threads, {memory:0.0} GiB memory, {RuntimeInformation.ProcessArchitecture}"));
            host.Output.WriteLine($"     vectors of {Width()} bits{(Fma.IsSupported || Vector512.IsHardwareAccelerated || RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? ", fused multiply-add" : string.Empty)}");
            foreach (GpuFound found in GpuCatalogue.List())
            {
                host.Output.WriteLine($"{found.Kind.Text()}  {found.Name ?? "none"}");
                host.Output.WriteLine($"     {string.Join(", ", Facts(found))}");
            }

            host.Output.WriteLine($"built with {IlgpuBuild.Text}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static IEnumerable<string> Facts(GpuFound found)
    {
        if (found.Memory > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{found.Memory / (double)(1L << 30):0.0} GiB memory");
        }

        if (found.Refusal is { } refusal)
        {
            yield return refusal;
        }
    }

    private static int Width() => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 32;

    private static string Name()
    {
        try
        {
            string? line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.OSDescription;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RuntimeInformation.OSDescription;
        }
    }
}
