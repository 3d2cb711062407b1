using ILGPU.Running;

namespace ILGPU;

/// <summary>Which item of its group is running, and the group's barriers. A barrier that some items do not reach is an error.</summary>
public static class Group
{
    public static int IdxX => Item.Current.X;

    public static int IdxY => Item.Current.Y;

    public static int IdxZ => Item.Current.Z;

    public static Index3D Index => new(IdxX, IdxY, IdxZ);

    public static int DimX => Item.Current.Group.Size.X;

    public static int DimY => Item.Current.Group.Size.Y;

    public static int DimZ => Item.Current.Group.Size.Z;

    public static Index3D Dimension => Item.Current.Group.Size;

    public static int LinearIndex => Item.Current.Linear;

    public static bool IsFirstThread => Item.Current.Linear == 0;

    public static bool IsLastThread => Item.Current.Linear == Item.Current.Group.Size.Size - 1;

    public static void Barrier() => Item.Current.Barrier(false);

    public static int BarrierPopCount(bool predicate) => Item.Current.Barrier(predicate);

    public static bool BarrierAnd(bool predicate) => Item.Current.Barrier(predicate) == Item.Current.Group.Size.Size;

    public static bool BarrierOr(bool predicate) => Item.Current.Barrier(predicate) != 0;

    public static T Broadcast<T>(T value, int groupIndex)
        where T : unmanaged =>
        Item.Current.Broadcast(value, groupIndex);
}
