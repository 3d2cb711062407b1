using IlgpuDiffusion.Perf;

switch (args.FirstOrDefault())
{
    case "gemm":
        GemmTimings.Run(args.Length > 1 ? int.Parse(args[1]) : Environment.ProcessorCount);
        return 0;
    default:
        Console.Error.WriteLine("Usage: IlgpuDiffusion.Perf gemm [threads]");
        return 2;
}
