using System.Globalization;
using System.Security.Cryptography;
using IlgpuDiffusion;
using IlgpuDiffusion.Cpu;

// Paints with two models in turns on one device, and prints what the operating system says of the memory: a test runs it in a process of its own.
// Arguments: the budget for weights in bytes or "none", and two model folders.
long? budget = args[0] == "none" ? null : long.Parse(args[0], CultureInfo.InvariantCulture);
using DeviceHost host = new(new CpuDevice(new CpuDeviceOptions { Threads = 2 }), budget);
PipelineOptions options = new() { Host = host };
await using DiffusionPipeline first = DiffusionPipeline.Open(args[1], options);
await using DiffusionPipeline second = DiffusionPipeline.Open(args[2], options);
long before = Status("VmRSS");
GenerationRequest request = new() { Prompt = "a red house", Width = 64, Height = 64, Steps = 1, Seed = 7 };
for (int turn = 0; turn < 2; turn++)
{
    foreach (DiffusionPipeline pipeline in (DiffusionPipeline[])[first, second])
    {
        GenerationResult result = await pipeline.GenerateAsync(request).ConfigureAwait(false);
        Console.WriteLine($"picture {Convert.ToHexString(SHA256.HashData(result.Images[0].Image.Pixels))}");
        Console.WriteLine($"held {host.WeightBytes}");
    }
}

Console.WriteLine($"peak {Status("VmHWM") - before}");

static long Status(string field)
{
    string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
    return long.Parse(line[(field.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
}
