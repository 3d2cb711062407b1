namespace IlgpuDiffusion.Requests;

/// <summary>Which program's description of its making a picture carries.</summary>
public enum MetadataSource
{
    /// <summary>None.</summary>
    None,

    /// <summary><c>parameters</c> text: stable-diffusion-webui, stable-diffusion.cpp, this program.</summary>
    Parameters,

    /// <summary>A ComfyUI graph (<c>prompt</c>, <c>workflow</c>).</summary>
    ComfyUI,

    /// <summary>SwarmUI's JSON (<c>sui_image_params</c>).</summary>
    SwarmUI,

    /// <summary>InvokeAI's JSON.</summary>
    InvokeAI,

    /// <summary>NovelAI's JSON.</summary>
    NovelAI,
}
