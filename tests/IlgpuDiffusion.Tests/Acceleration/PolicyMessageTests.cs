using System.Globalization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>Messages have numbers and names as they are typed in JSON, also where decimals stand behind a comma.</summary>
[TestClass]
public sealed class PolicyMessageTests
{
    [TestMethod]
    [DataRow("""{"version":1,"steps":1.5}""", "it is 1.5.")]
    [DataRow("""{"version":1,"todo":{"factors":[1.6,0.5]}}""", "they are 1.6, 0.5.")]
    [DataRow("""{"version":1,"todo":{"layers":-0.5}}""", "it is -0.5.")]
    [DataRow("""{"version":1,"todo":{"start":1.5}}""", "it is 1.5.")]
    [DataRow("""{"version":1,"todo":{"start":0.5,"end":0.25}}""", "todo.start is 0.5 and todo.end 0.25")]
    [DataRow("""{"version":1,"todo":{"rotate":true,"method":"bilinear"}}""", "not with bilinear.")]
    [DataRow("""{"version":1,"tome":{"ratio":1.5}}""", "it is 1.5.")]
    [DataRow("""{"version":1,"tgate":{"gate":1.5}}""", "it is 1.5.")]
    [DataRow("""{"version":1,"tgate":{"warmUp":-0.5}}""", "it is -0.5.")]
    [DataRow("""{"version":1,"ditcache":{"from":0.75,"to":0.25}}""", "they are 0.75 and 0.25.")]
    [DataRow("""{"version":1,"ditcache":{"start":1.5}}""", "it is 1.5.")]
    [DataRow("""{"version":1,"deepshrink":{"factor":0.5}}""", "it is 0.5.")]
    [DataRow("""{"version":1,"deepshrink":{"end":0.75},"tgate":{"gate":0.5}}""", "'deepshrink' to 0.75 and 'tgate' from 0.5 on")]
    [DataRow("""{"version":1,"localglobal":{"factor":0.5}}""", "it is 0.5.")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"prediction"},"how":{"kind":"chebyshev","ridge":-0.5}}}""", "it is -0.5.")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"blocks","from":0.75,"to":0.25}}}""", "they are 0.75 and 0.25.")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"attention","of":"upLayer"}}}""", "it is upLayer.")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"prediction"},"when":{"kind":"uneven","every":0.5}}}""", "it is 0.5.")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"prediction"},"when":{"kind":"uneven","center":1.5}}}""", "it is 1.5.")]
    [DataRow("""{"version":1,"cache":{"where":{"kind":"prediction"},"when":{"kind":"uneven","power":0.5}}}""", "it is 0.5.")]
    public void APolicyThatIsRefusedIsQuotedAsItWasWritten(string json, string says) =>
        StringAssert.Contains(German(() => Assert.ThrowsExactly<PolicyException>(() => AccelerationPolicy.Parse(json)).Message), says);

    [TestMethod]
    public void EnumerationsAreNamedAsInJson()
    {
        StringAssert.Contains(Assert.ThrowsExactly<PolicyException>(new Guidance { After = (GuidanceAfter)9 }.Check).Message, "one of conditional, hold, unconditional; it is 9.");
        StringAssert.Contains(Assert.ThrowsExactly<PolicyException>(new Cache { Where = new WholePrediction(), Branches = (BranchReduction)9 }.Check).Message, "one of own, mean; it is 9.");
    }

    [TestMethod]
    public void ARequestThatIsRefusedIsQuotedAsItWasWritten() => StringAssert.Contains(
        German(() => Assert.ThrowsExactly<RequestException>(() => RequestChecks.Numbers(new GenerationRequest { CfgRescale = 1.5 }, steps: 20, guidance: 7)).Message), "it is 1.5.");

    // As a German host has it; also where the runtime has no cultures.
    private static string German(Func<string> message)
    {
        CultureInfo before = CultureInfo.CurrentCulture, german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (german.NumberFormat.NumberDecimalSeparator, german.NumberFormat.NumberGroupSeparator) = (",", ".");
        try
        {
            CultureInfo.CurrentCulture = german;
            return message();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
