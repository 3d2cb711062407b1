namespace IlgpuDiffusion.Papercut;

/// <summary>The small trained model that ships with the product: paper-cut landscapes, best at 128 to 320 pixels a side.</summary>
public static class PapercutModel
{
    /// <summary>The diffusers folder of the model, beside this assembly.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "papercut");
}
