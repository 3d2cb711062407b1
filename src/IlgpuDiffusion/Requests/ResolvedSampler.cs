using IlgpuDiffusion.Families;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Requests;

/// <summary>A request's sampler and schedule, found by name.</summary>
/// <param name="Label">The sampler's label, as pictures' metadata name it.</param>
/// <param name="ScheduleLabel">The schedule's label, or null where the model's own is taken.</param>
/// <param name="Program">The traced run.</param>
/// <param name="Warning">What of the model's configuration could not be followed, or null.</param>
internal sealed record ResolvedSampler(string Label, string? ScheduleLabel, SamplingProgram Program, string? Warning)
{
    /// <param name="request">The request.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="fallback">The sampler where neither the request nor the model names one that is there.</param>
    /// <exception cref="RequestException">A name is unknown, or the settings do not fit the sampler or the model.</exception>
    /// <exception cref="ModelFileException">The model's configuration asks for what the sampler cannot do.</exception>
    public static ResolvedSampler Resolve(GenerationRequest request, SchedulerConfig config, int steps, string fallback)
    {
        config = request.Mask is null ? config : OldConfigurations.ForInpainting(config);
        string? warning = null;
        string name = request.Sampler ?? config.ClassName ?? fallback;
        if (request.Sampler is null && config.ClassName is { } own && !SamplerCatalogue.TryResolve(own, out _))
        {
            (name, warning) = (fallback, $"'{config.Source}' names the sampler {own} ('_class_name'), which is not there; {fallback} is taken in its place. Choose one with --sampler (GenerationRequest.Sampler).");
        }

        string? setting = nameof(GenerationRequest.Sampler);
        try
        {
            SamplerChoice choice = SamplerCatalogue.Resolve(name);
            setting = nameof(GenerationRequest.Scheduler);
            SigmaSchedule? schedule = (request.Scheduler is null ? null : SamplerCatalogue.ResolveSchedule(request.Scheduler)) ?? choice.Schedule;

            // From here on several settings meet.
            setting = null;
            double strength = request.InitImage is null ? 1 : request.Strength;
            SamplingProgram program = SamplerCatalogue.Plan(config, new SamplingRequest { Sampler = name, Scheduler = request.Scheduler, Steps = steps, Eta = request.Eta, Strength = strength });
            return new ResolvedSampler(choice.Entry.Label, (schedule == SigmaSchedule.Automatic ? choice.Entry.Automatic : schedule) is { } placed ? SamplerCatalogue.LabelOf(placed) : null, program, warning);
        }
        catch (InvalidDataException e)
        {
            throw new ModelFileException(config.Source, e.Message.Contains(config.Source, StringComparison.Ordinal) ? e.Message : $"'{config.Source}': {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            // Without the parameter's name, which is none of the user's.
            string message = e.Message.Split(" (Parameter '")[0];
            throw setting is null ? new RequestException(message, e) : new RequestException(setting, message, e);
        }
    }
}
