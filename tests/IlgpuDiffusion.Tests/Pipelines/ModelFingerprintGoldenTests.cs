using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>What a calibration is kept under.</summary>
[TestClass]
public sealed class ModelFingerprintGoldenTests
{
    [TestMethod]
    public void AdaptersAndTheirStrengthsTellModelsApartAndWhereTheyLieDoesNot()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            using ModelParts parts = ModelParts.Open(Golden.Find("models/sd15"), new WeightOptions());
            using AdapterLibrary library = new(parts);
            ModelFingerprint fingerprint = new(parts);
            string file = Golden.Find("lora/kohya.safetensors"), copy = Path.Combine(folder.FullName, "renamed.safetensors");
            File.Copy(file, copy);
            string plain = fingerprint.Of(AdapterSet.None), changed = Of(new AdapterUse(file, 0.7, 0.7));
            Assert.AreEqual(32, plain.Length);
            StringAssert.StartsWith(changed, plain + " ");
            Assert.AreEqual(changed, Of(new AdapterUse(copy, 0.7, 0.7)));
            Assert.AreNotEqual(changed, Of(new AdapterUse(file, 0.5, 0.7)));
            Assert.AreNotEqual(changed, Of(new AdapterUse(file, 0.7, 0.5)));
            Assert.AreNotEqual(changed, Of(new AdapterUse(Golden.Find("lora/peft.safetensors"), 0.7, 0.7)));

            string Of(AdapterUse use) => fingerprint.Of(library.Of([use]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
