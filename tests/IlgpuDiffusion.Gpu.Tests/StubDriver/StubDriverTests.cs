using System.Diagnostics;

namespace IlgpuDiffusion.Gpu.Tests.StubDriver;

/// <summary>The host's side of CUDA on a driver's stand-in, in a process of its own.</summary>
[TestClass]
public sealed class StubDriverTests
{
    [TestMethod]
    public void ADeviceThatIsLostAtAnyCallIsToldAndLeavesNothingBehind()
    {
        string folder = Directory.CreateTempSubdirectory("stub-driver").FullName;
        try
        {
            string source = Path.Combine(AppContext.BaseDirectory, "libcuda.c"), library = Path.Combine(folder, "libcuda.so.1");
            if (!OperatingSystem.IsLinux() || Run("cc", null, "-O1", "-shared", "-fPIC", "-o", library, source) is not { } compiled)
            {
                Assert.Inconclusive("There is no C compiler.");
                return;
            }

            Assert.AreEqual(0, compiled.ExitCode, compiled.Output);
            (int exitCode, string output) = Run("dotnet", folder, typeof(Program).Assembly.Location)!.Value;
            Console.WriteLine(output);
            Assert.AreEqual(0, exitCode, output);
            Assert.Contains(" calls", output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // A program's end and what it wrote; null if there is no such program.
    private static (int ExitCode, string Output)? Run(string program, string? libraries, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LD_LIBRARY_PATH"] = libraries;
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
