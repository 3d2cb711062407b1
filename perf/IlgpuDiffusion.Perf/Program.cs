using System.CommandLine;
using IlgpuDiffusion.Perf.Verbs;

RootCommand root = new("Measures IlgpuDiffusion and writes what it finds to perf/results.")
{
    NetworkVerb.Unet(),
    NetworkVerb.Mmdit(),
    NetworkVerb.Vae(),
    NetworkVerb.Text(),
    ProfileVerb.Create(),
    LayersVerb.Create(),
    GemmVerb.Create(),
    ConvVerb.Create(),
    DifferenceVerb.Create(),
    OpsVerb.Create(),
    AttentionVerb.Create(),
    PictureVerb.Create(),
    PapercutVerb.Create(),
    MethodsVerb.Create(),
    DecodeVerb.Create(),
    CachesVerb.Create(),
    CostsVerb.Create(),
    LadderVerb.Create(),
    GatingVerb.Create(),
    LadderErrorVerb.Create(),
    QualityVerb.Create(),
    FrontierVerb.Create(),
    GrowthVerb.Create(),
    GrowthVerb.Child(),
    MemoryVerb.Create(),
    OpenVerb.Create(),
    LaunchesVerb.Create(),
    GpuVerb.Create(),
    ReportVerb.Create(),
    PartsVerb.Create(),
    MemoryVerb.Child(),
};
return await root.Parse(args).InvokeAsync();
