using ILGPU.Running;

namespace ILGPU;

/// <summary>Which group the running item belongs to.</summary>
public static class Grid
{
    public static int IdxX => Item.Current.Group.Index.X;

    public static int IdxY => Item.Current.Group.Index.Y;

    public static int IdxZ => Item.Current.Group.Index.Z;

    public static Index3D Index => Item.Current.Group.Index;

    public static int DimX => Item.Current.Group.Grid.X;

    public static int DimY => Item.Current.Group.Grid.Y;

    public static int DimZ => Item.Current.Group.Grid.Z;

    public static Index3D Dimension => Item.Current.Group.Grid;
}
