using Spectre.Console;
using Spectre.Console.Rendering;

namespace IlgpuDiffusion.Cli;

/// <summary>The text right of the bar.</summary>
internal sealed class ProgressText : ProgressColumn
{
    private volatile string _shown = string.Empty;

    public string Shown
    {
        get => _shown;
        set => _shown = value;
    }

    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Spectre.Console.Text(_shown);
}
