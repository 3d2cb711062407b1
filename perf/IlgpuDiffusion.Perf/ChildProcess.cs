using System.Diagnostics;

namespace IlgpuDiffusion.Perf;

/// <summary>Programs of this checkout, run as a user runs them.</summary>
internal static class ChildProcess
{
    /// <summary>The command line of this build's configuration.</summary>
    public static string CommandLine => Sibling("IlgpuDiffusion.Cli", "ilgpu-diffusion.dll");

    /// <summary>The assembly of another project in this build's configuration.</summary>
    public static string Sibling(string project, string file)
    {
        // BIN/PROJECT/CONFIGURATION
        string here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string path = Path.Combine(Path.GetFullPath(Path.Combine(here, "..", "..")), project, Path.GetFileName(here), file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"'{path}' is not there: build {project} in the same configuration first.", path);
    }

    /// <summary>This program: its assembly, or its executable where it is one of its own.</summary>
    public static string Self => IsDotnet(Environment.ProcessPath) ? Path.Combine(AppContext.BaseDirectory, typeof(ChildProcess).Assembly.GetName().Name + ".dll") : Environment.ProcessPath!;

    /// <summary>Starts this program with its output to where ours goes.</summary>
    public static Process Start(IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = Of(Self, environment, arguments);
        return Process.Start(start) ?? throw new InvalidOperationException($"{Self} did not start.");
    }

    /// <summary>Runs a .NET assembly or an executable to its end.</summary>
    /// <returns>Its standard output and the seconds from start to end.</returns>
    public static (string Output, double Seconds) Run(string program, params IReadOnlyList<string> arguments) => Run(program, new Dictionary<string, string>(), arguments);

    /// <inheritdoc cref="Run(string, IReadOnlyList{string})"/>
    /// <param name="program">The assembly or executable.</param>
    /// <param name="environment">What stands in its environment besides ours.</param>
    /// <param name="arguments">Its arguments.</param>
    public static (string Output, double Seconds) Run(string program, IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = Of(program, environment, arguments);
        start.RedirectStandardOutput = true;
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return process.ExitCode == 0 ? (output, seconds) : throw new InvalidOperationException($"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
    }

    /// <summary>How a .NET assembly or an executable is started.</summary>
    public static ProcessStartInfo Of(string program, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> arguments)
    {
        string host = IsDotnet(Environment.ProcessPath) ? Environment.ProcessPath! : "dotnet";
        ProcessStartInfo start = Path.GetExtension(program) == ".dll" ? new(host, [program, .. arguments]) : new(program, arguments);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static bool IsDotnet(string? path) => Path.GetFileNameWithoutExtension(path) == "dotnet";
}
