namespace IlgpuDiffusion.Gpu;

/// <summary>A driver that records what is queued and queues the recording again as one.</summary>
internal interface ILaunchRecorder
{
    /// <summary>Begins: from now on what is queued is recorded and does not run.</summary>
    void Begin();

    /// <summary>Ends, and gives the recording.</summary>
    nint End();

    /// <summary>Gives up what was begun, whatever state it is in.</summary>
    void Discard();

    /// <summary>Queues a recording.</summary>
    void Run(nint recording);

    /// <summary>Frees a recording, after what still runs of it.</summary>
    void Free(nint recording);
}
