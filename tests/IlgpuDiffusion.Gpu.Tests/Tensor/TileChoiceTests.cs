namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>Which tile products take on a device of 132 multiprocessors (H100, H200).</summary>
[TestClass]
public sealed class TileChoiceTests
{
    [TestMethod]
    [DataRow(2048, 1280, 160, DisplayName = "SDXL 32²: projections, feed-forward down, convolutions")]
    [DataRow(2048, 3840, 160, DisplayName = "SDXL 32²: queries, keys, values")]
    [DataRow(2048, 10240, 128, DisplayName = "SDXL 32²: GEGLU, as long with either")]
    [DataRow(8192, 640, 160, DisplayName = "SDXL 64²")]
    [DataRow(8192, 1920, 160, DisplayName = "SDXL 64²: queries, keys, values")]
    [DataRow(8192, 5120, 128, DisplayName = "SDXL 64²: GEGLU, as long with either")]
    [DataRow(32768, 320, 160, DisplayName = "SDXL 128²")]
    [DataRow(32768, 4, 128, DisplayName = "SDXL: the result")]
    [DataRow(154, 2560, 128, DisplayName = "SDXL: keys and values of the text")]
    [DataRow(8192, 320, 160, DisplayName = "SD1.5 64²: 128 tiles in one wave, not 192 in two")]
    [DataRow(8192, 2560, 128, DisplayName = "SD1.5 64²: GEGLU, as long with either")]
    [DataRow(2048, 640, 128, DisplayName = "SD1.5 32²: one wave with either")]
    [DataRow(512, 1280, 128, DisplayName = "SD1.5 16²")]
    [DataRow(128, 1280, 128, DisplayName = "SD1.5 8²")]
    [DataRow(262144, 128, 128, DisplayName = "VAE 512²")]
    [DataRow(65536, 256, 128, DisplayName = "VAE 256²")]
    [DataRow(16384, 512, 128, DisplayName = "VAE 128²")]
    public void TheTileWithTheShortestWavesIsTaken(int rows, int columns, int tile) => Assert.AreEqual(tile, TileChoice.Columns(rows, columns, 132));

    [TestMethod]
    [DataRow(2048, 1280, true, DisplayName = "SDXL 32²: 128 tiles")]
    [DataRow(8192, 320, true, DisplayName = "SD1.5 64²")]
    [DataRow(2048, 3840, false, DisplayName = "SDXL 32²: queries, keys, values")]
    [DataRow(8192, 640, false, DisplayName = "SDXL 64²")]
    public void EightWarpsShareATileWhereAMultiprocessorHasOne(int rows, int columns, bool eight) =>
        Assert.AreEqual(eight, TileChoice.HasEightWarps(rows, columns, TileChoice.Columns(rows, columns, 132), 132));

    [TestMethod]
    public void SmallerDevicesChooseOtherwise() => Assert.AreEqual(128, TileChoice.Columns(2048, 1280, 82));
}
