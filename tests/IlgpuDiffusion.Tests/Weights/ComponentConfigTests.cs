using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Weights;

[TestClass]
public sealed class ComponentConfigTests
{
    private const string Json = """
        {
          "_class_name": "UNet2DConditionModel", "channels": [16, 24], "heads": 4, "eps": 1e-05, "whole": 8.0, "act": "silu \" NaN \\", "linear": true, "none": null,
          "low": -Infinity, "high": Infinity, "not": NaN, "names": ["a", "b"], "flags": [true, false]
        }
        """;

    [TestMethod]
    public void FieldsAreTyped()
    {
        var config = ComponentConfig.Parse(Json);
        Assert.AreEqual("UNet2DConditionModel", config.ClassName);
        CollectionAssert.AreEqual(new[] { 16, 24 }, config.Ints("channels").ToArray());
        CollectionAssert.AreEqual(new[] { 4 }, config.Ints("heads").ToArray());
        CollectionAssert.AreEqual(new[] { 4, 4, 4 }, config.IntPerBlock("heads", 3, 1).ToArray());
        CollectionAssert.AreEqual(new[] { 1, 1 }, config.IntPerBlock("absent", 2, 1).ToArray());
        CollectionAssert.AreEqual(new[] { true, false }, config.FlagPerBlock("flags", 2, false).ToArray());
        CollectionAssert.AreEqual(new[] { "a", "b" }, config.Texts("names").ToArray());
        Assert.AreEqual(1e-5, config.Number("eps"));
        Assert.AreEqual(8, config.Int("whole"));
        Assert.AreEqual("silu \" NaN \\", config.Text("act"));
        Assert.IsTrue(config.Flag("linear", false));
        Assert.AreEqual(3, config.Int("none", 3));
        Assert.IsNull(config.OptionalNumber("none"));
        Assert.IsFalse(config.Has("none"));
    }

    [TestMethod]
    public void PythonsInfinitiesAreRead()
    {
        var config = ComponentConfig.Parse(Json);
        Assert.AreEqual(double.NegativeInfinity, config.Number("low"));
        Assert.AreEqual(double.PositiveInfinity, config.Number("high"));
        Assert.AreEqual(double.NaN, config.Number("not"));
    }

    [TestMethod]
    public void AWrongFieldIsNamed()
    {
        var config = ComponentConfig.Parse(Json, "/models/x/config.json");
        Refused(() => config.Int("eps"), "'eps' must be a whole number, not 1e-05");
        Refused(() => config.Int("act"), "'/models/x/config.json': 'act' must be a whole number");
        Refused(() => config.Number("act"), "'act' must be a number");
        Refused(() => config.Text("heads"), "'heads' must be a text");
        Refused(() => config.Flag("heads", true), "'heads' must be true or false");
        Refused(() => config.Int("head"), "lacks 'head'. The nearest name is 'heads'.");
        Refused(() => config.IntPerBlock("channels", 3, 0), "'channels' has 2 entries for 3 blocks");
        Refused(() => config.OneOf("act", "silu", "silu", "gelu"), "of 'act' is not supported. Supported: 'silu', 'gelu'.");
        Refused(() => ComponentConfig.Parse("[1]"), "not a JSON object");
        Refused(() => ComponentConfig.Parse("{"), "not valid JSON");
        Refused(() => ComponentConfig.Read("/none/config.json"), "does not exist");
    }

    [TestMethod]
    public void AFieldThatMustBeNeutralIs()
    {
        var config = ComponentConfig.Parse("""{"a":null,"b":false,"c":1.0,"d":"default","e":"other"}""");
        config.RequireNeutral("a");
        config.RequireNeutral("b");
        config.RequireNeutral("absent");
        config.RequireNeutral("c", "1");
        config.RequireNeutral("d", "\"default\"");
        Refused(() => config.RequireNeutral("e", "\"default\""), "\"other\" of 'e' is not supported. Supported: \"default\" or null.");
        Refused(() => config.RequireNeutral("c"), "'c'");
    }

    private static void Refused(Action action, string reason) => StringAssert.Contains(Assert.ThrowsExactly<ModelFileException>(action).Message, reason);
}
