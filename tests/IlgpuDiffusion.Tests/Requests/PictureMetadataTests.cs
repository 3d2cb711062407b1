using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Tests.Requests;

[TestClass]
public sealed class PictureMetadataTests
{
    [TestMethod]
    [DataRow("parameters", "a\nSteps: 1, Seed: 2, Size: 3x3", MetadataSource.Parameters)]
    [DataRow("parameters", "{\"sui_image_params\": {\"prompt\": \"a\"}}", MetadataSource.SwarmUI)]
    [DataRow("prompt", "{\"3\": {\"class_type\": \"KSampler\"}}", MetadataSource.ComfyUI)]
    [DataRow("workflow", "{}", MetadataSource.ComfyUI)]
    [DataRow("invokeai_metadata", "{}", MetadataSource.InvokeAI)]
    [DataRow("Software", "NovelAI", MetadataSource.NovelAI)]
    [DataRow("Software", "GIMP", MetadataSource.None)]
    public void EachProgramIsRecognisedAndSaid(string keyword, string text, MetadataSource expected)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.png");
        try
        {
            new Image(1, 1).Save(path, new PngText(keyword, text));
            Assert.AreEqual(expected, PictureMetadata.Recognise(PngReader.ReadText(path)));
            if (expected == MetadataSource.Parameters)
            {
                Assert.AreEqual(2UL, PictureMetadata.Read(path).Seed);
                return;
            }

            string message = Assert.ThrowsExactly<InvalidDataException>(() => PictureMetadata.Read(path)).Message;
            StringAssert.Contains(message, path);
            StringAssert.Contains(message, expected == MetadataSource.None ? "does not say" : expected.ToString());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
