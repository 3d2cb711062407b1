using System.Diagnostics;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary>The command as a process of its own, where what surrounds it is out of order.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class ShellTests
{
    private static readonly string Command = $"'{Environment.ProcessPath}' '{Path.Combine(AppContext.BaseDirectory, "ilgpu-diffusion.dll")}'";

    [TestMethod]
    public async Task AWorkingFolderThatIsGoneIsSaid()
    {
        (int code, string error) = await Run($"d=$(mktemp -d); cd \"$d\"; rmdir \"$d\"; exec {Command} -p x");
        Assert.AreNotEqual(0, code);
        StringAssert.Contains(error, "The working folder does not exist any more.");
        Assert.DoesNotContain("   at ", error);
    }

    [TestMethod]
    public async Task AnErrorStreamThatTakesNothingEndsNoRun()
    {
        (int code, _) = await Run($"d=$(mktemp -d); trap 'rm -r \"$d\"' EXIT; cd \"$d\"; {Command} -p x -v -W 64 -H 64 --steps 1 --device cpu -o o.png 2>/dev/full; code=$?; [ -s o.png ] || exit 99; exit $code");
        Assert.AreEqual(0, code);
    }

    private static async Task<(int Code, string Error)> Run(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}
