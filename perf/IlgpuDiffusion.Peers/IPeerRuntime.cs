namespace IlgpuDiffusion.Peers;

/// <summary>A program that evaluates exported networks.</summary>
internal interface IPeerRuntime
{
    /// <summary>Its name and version.</summary>
    string Banner { get; }

    /// <summary>Makes a network ready.</summary>
    IPeerNetwork Load(ExportedNetwork network);
}

/// <summary>A network made ready.</summary>
internal interface IPeerNetwork : IDisposable
{
    /// <summary>One evaluation of the exported inputs.</summary>
    /// <param name="read">Whether the result is wanted; what is timed leaves it where it is.</param>
    float[] Run(bool read);
}
