using System.CommandLine;
using IlgpuDiffusion.Perf.Verbs;

RootCommand root = new("Measures IlgpuDiffusion and writes what it finds to perf/results.")
{
    NetworkVerb.Unet(),
    NetworkVerb.Vae(),
    NetworkVerb.Text(),
    ProfileVerb.Create(),
    GemmVerb.Create(),
    ConvVerb.Create(),
    OpsVerb.Create(),
    PapercutVerb.Create(),
    MemoryVerb.Create(),
    MemoryVerb.Child(),
};
return await root.Parse(args).InvokeAsync();
