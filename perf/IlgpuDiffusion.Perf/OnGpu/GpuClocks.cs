using System.Diagnostics;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>What nvidia-smi says of the clocks at this moment.</summary>
internal static class GpuClocks
{
    /// <summary>Clocks, power and temperature, or null where there is no such program.</summary>
    public static string? Read()
    {
        try
        {
            ProcessStartInfo start = new("nvidia-smi", ["--query-gpu=clocks.sm,clocks.mem,power.draw,temperature.gpu,driver_version", "--format=csv,noheader"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process? process = Process.Start(start);
            if (process is null || !process.WaitForExit(TimeSpan.FromSeconds(5)))
            {
                process?.Kill();
                return null;
            }

            string line = process.StandardOutput.ReadToEnd().Split('\n')[0].Trim();
            return process.ExitCode == 0 && line.Length > 0 ? $"SM, memory, power, temperature, driver: {line}" : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
