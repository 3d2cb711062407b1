namespace IlgpuDiffusion.Acceleration;

/// <summary>A technique that is others by one name, with settings of its own. A policy's plan takes it apart, so that each part decides in its own phase.</summary>
public interface IShortForm : ITechnique
{
    /// <summary>The techniques that it stands for, none of them a short form itself.</summary>
    IEnumerable<ITechnique> Parts { get; }

    /// <summary>When the first of them decides.</summary>
    TechniquePhase ITechnique.Phase => Parts.Min(part => part.Phase);

    /// <summary>Lets them decide one after the other.</summary>
    void ITechnique.Plan(PlanDraft draft)
    {
        foreach (ITechnique part in Parts)
        {
            part.Plan(draft);
        }
    }
}
