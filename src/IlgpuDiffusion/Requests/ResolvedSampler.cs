using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Requests;

/// <summary>A request's sampler and schedule, found by name.</summary>
/// <param name="Label">The sampler's label, as pictures' metadata name it.</param>
/// <param name="ScheduleLabel">The schedule's label, or null where the model's own is taken.</param>
/// <param name="Program">The traced run.</param>
internal sealed record ResolvedSampler(string Label, string? ScheduleLabel, SamplingProgram Program)
{
    /// <exception cref="RequestException">A name is unknown, or the settings do not fit the sampler or the model.</exception>
    public static ResolvedSampler Resolve(GenerationRequest request, SchedulerConfig config, int steps)
    {
        try
        {
            SamplerChoice choice = SamplerCatalogue.Resolve(request.Sampler ?? config.ClassName ?? "ddim");
            SigmaSchedule? schedule = (request.Scheduler is null ? null : SamplerCatalogue.ResolveSchedule(request.Scheduler)) ?? choice.Schedule;
            double strength = request.InitImage is null ? 1 : request.Strength;
            SamplingProgram program = SamplerCatalogue.Plan(config, new SamplingRequest { Sampler = request.Sampler, Scheduler = request.Scheduler, Steps = steps, Eta = request.Eta, Strength = strength });
            return new ResolvedSampler(choice.Entry.Label, schedule?.ToString(), program);
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException)
        {
            // Without the parameter's name, which is none of the user's.
            throw new RequestException(e.Message.Split(" (Parameter '")[0], e);
        }
    }
}
