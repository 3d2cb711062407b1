using ILGPU.Running;

namespace ILGPU;

/// <summary>Exchange within a warp. An exchange that some of its lanes do not reach is an error.</summary>
public static class Warp
{
    public static int WarpSize => Item.Current.Group.WarpSize;

    public static int LaneIdx => Item.Current.Linear % WarpSize;

    public static int WarpIdx => Item.Current.Linear / WarpSize;

    public static bool IsFirstLane => LaneIdx == 0;

    public static bool IsLastLane => LaneIdx == WarpSize - 1;

    public static void Barrier() => Item.Current.Exchange(0, LaneIdx, nameof(Barrier));

    public static T Shuffle<T>(T variable, int sourceLane)
        where T : unmanaged =>
        Item.Current.Exchange(variable, sourceLane & (WarpSize - 1), nameof(Shuffle));

    public static T ShuffleDown<T>(T variable, int delta)
        where T : unmanaged
    {
        int lane = LaneIdx;
        return Item.Current.Exchange(variable, lane + delta < WarpSize ? lane + delta : lane, nameof(ShuffleDown));
    }

    public static T ShuffleUp<T>(T variable, int delta)
        where T : unmanaged
    {
        int lane = LaneIdx;
        return Item.Current.Exchange(variable, lane - delta >= 0 ? lane - delta : lane, nameof(ShuffleUp));
    }

    public static T ShuffleXor<T>(T variable, int mask)
        where T : unmanaged
    {
        int lane = LaneIdx ^ mask;
        return Item.Current.Exchange(variable, lane < WarpSize ? lane : LaneIdx, nameof(ShuffleXor));
    }

    public static T Broadcast<T>(T value, int sourceLane)
        where T : unmanaged =>
        Item.Current.Exchange(value, sourceLane, nameof(Broadcast));
}
