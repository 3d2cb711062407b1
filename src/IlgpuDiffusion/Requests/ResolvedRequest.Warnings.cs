using IlgpuDiffusion.Families;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Requests;

// What is done otherwise than the request or the model's files say.
internal sealed partial record ResolvedRequest
{
    private IEnumerable<string> Warn(ModelComponents model, FamilyDefaults defaults, AdapterChoice adapters, bool embeds)
    {
        string name = model.Parts.Name;
        string?[] own =
        [
            model.Runner.Device.Warning,
            Sampler.Warning,
            IdlePolicy.Warning(this),
            defaults.SizeWarning(name, Width, Height),
            defaults.GuidanceWarning(name, Sampler.Label, CfgScale, embeds),
            FamilyDefaults.NegativeWarning(name, Request.NegativePrompt, Key.Branches, embeds),
            .. adapters.Loras.Select(lora => FewStepLora.Warning(lora, AskedSteps, embeds ? 1 : CfgScale, Sampler.Label)),
        ];
        return
        [
            .. own.OfType<string>(),
            .. ForeignSyntax.Warnings("prompt", Request.Prompt),
            .. ForeignSyntax.Warnings("negative prompt", Request.NegativePrompt),
            .. Prompts.Texts.SelectMany(text => text.Warnings).Distinct(),
            .. Controls.Warnings(Split(Controls.Moments(Program), Key.Evaluations).Own),
        ];
    }
}
