using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>What passes a place of a network where a plan may step in.</summary>
public enum SiteKind
{
    /// <summary>The output of attention of a picture to itself.</summary>
    SelfAttention,

    /// <summary>The output of attention to a text.</summary>
    CrossAttention,

    /// <summary>What enters one layer (residual block and transformer) on the way up, before the skip connection joins it: the deep features.</summary>
    UpLayer,

    /// <summary>The output of a block, with its resampling.</summary>
    Block,

    /// <summary>What enters a level of the network on the way down, after the skip connection has left it. Nothing is kept here; the level may be brought to another grid.</summary>
    Level,

    /// <summary>What the network predicts, of all branches.</summary>
    Prediction,

    /// <summary>The picture's part of what attention of a picture and a text to both gives.</summary>
    JointAttention,

    /// <summary>The text's tokens after a block that has two streams; the block's <see cref="Block"/> has the same path.</summary>
    TextBlock,

    /// <summary>The picture's tokens in front of the first block of a transformer.</summary>
    Input,

    /// <summary>The text's tokens in front of the first block of a transformer.</summary>
    TextInput,
}

/// <summary>A place of a network where a plan may step in.</summary>
/// <param name="Index">Its number in the order of building.</param>
/// <param name="Path">The module's path.</param>
/// <param name="Kind">What passes there.</param>
/// <param name="Grid">The grid of what passes.</param>
/// <param name="Channels">The values of one grid point.</param>
public readonly record struct LayerSite(int Index, string Path, SiteKind Kind, Grid Grid, int Channels);
