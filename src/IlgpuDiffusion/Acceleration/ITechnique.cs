namespace IlgpuDiffusion.Acceleration;

/// <summary>When a technique decides: later ones see what earlier ones have decided.</summary>
public enum TechniquePhase
{
    /// <summary>Which branches of guidance run.</summary>
    Guidance,

    /// <summary>On which grids the network's levels are computed.</summary>
    Grids,

    /// <summary>What is kept of one evaluation and used again in later ones.</summary>
    Caches,

    /// <summary>How attention that is still computed is computed: into which tiles it is cut, which tokens are merged.</summary>
    Attention,

    /// <summary>Which keys attention looks at, where its tiles are known.</summary>
    Keys,
}

/// <summary>
/// One way of computing less. A record of settings, by its name in lower case the member of a policy's JSON; it decides for every evaluation and site of a
/// run before the run begins. Implement it for a technique of one's own, and name its type to <see cref="TechniqueCatalogue.With{T}"/>.
/// </summary>
public interface ITechnique
{
    /// <summary>When it decides.</summary>
    TechniquePhase Phase { get; }

    /// <summary>Throws if a setting is out of range; called when a policy is read and before it is planned.</summary>
    /// <exception cref="PolicyException">The message names setting and range.</exception>
    void Check();

    /// <summary>Why it cannot be used together with another technique of the same policy, in one sentence that names both settings; null if it can.</summary>
    string? Refuses(ITechnique other) => null;

    /// <summary>Decides.</summary>
    /// <exception cref="PolicyException">The network or the run does not allow it.</exception>
    void Plan(PlanDraft draft);
}
