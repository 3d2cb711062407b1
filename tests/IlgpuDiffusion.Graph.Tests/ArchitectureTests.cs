using System.Text.RegularExpressions;
using System.Xml.Linq;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests;

/// <summary>Which project refers to which, and which folder of the main project knows which.</summary>
[TestClass]
public sealed partial class ArchitectureTests
{
    private static readonly string Source = Path.Combine(Golden.Checkout, "src");

    [TestMethod]
    [DataRow("IlgpuDiffusion.Graph", "")]
    [DataRow("IlgpuDiffusion.Cpu", "IlgpuDiffusion.Graph System.Numerics.Tensors")]
    [DataRow("IlgpuDiffusion.Gpu", "ILGPU ILGPU.Algorithms IlgpuDiffusion.Graph")]
    [DataRow("IlgpuDiffusion", "IlgpuDiffusion.Cpu IlgpuDiffusion.Graph")]
    [DataRow("IlgpuDiffusion.Papercut", "")]
    [DataRow("IlgpuDiffusion.Extensions", "IlgpuDiffusion Microsoft.Extensions.AI.Abstractions Microsoft.Extensions.Diagnostics Microsoft.Extensions.Diagnostics.HealthChecks Microsoft.Extensions.Hosting.Abstractions Microsoft.Extensions.Logging Microsoft.Extensions.Options")]
    [DataRow("IlgpuDiffusion.Testing", "IlgpuDiffusion IlgpuDiffusion.Gpu MSTest.TestFramework")]
    [DataRow("IlgpuDiffusion.Cli", "IlgpuDiffusion IlgpuDiffusion.Gpu IlgpuDiffusion.Papercut SixLabors.ImageSharp Spectre.Console System.CommandLine")]
    public void ProjectsReferToNoMoreThanTheirLayer(string project, string references)
    {
        XDocument file = XDocument.Load(Path.Combine(Source, project, $"{project}.csproj"));
        IEnumerable<string> projects = file.Descendants("ProjectReference").Select(e => Path.GetFileNameWithoutExtension((string)e.Attribute("Include")!.Value.Replace('\\', '/')));
        IEnumerable<string> packages = file.Descendants("PackageReference").Select(e => e.Attribute("Include")!.Value);
        Assert.AreEqual(references, string.Join(' ', projects.Concat(packages).Order(StringComparer.Ordinal)));
    }

    [TestMethod]
    [DataRow("IlgpuDiffusion.Graph", "Graphs")]
    [DataRow("IlgpuDiffusion.Cpu", "Cpu Graphs")]
    [DataRow("IlgpuDiffusion.Gpu", "Gpu Graphs")]
    [DataRow("IlgpuDiffusion.Testing", "Cpu Gpu Graphs Sampling Testing Weights")]
    [DataRow("IlgpuDiffusion.Extensions", "Extensions Graphs Imaging")]
    [DataRow("IlgpuDiffusion/Text", "Text")]
    [DataRow("IlgpuDiffusion/Imaging", "Imaging")]
    [DataRow("IlgpuDiffusion/Sampling", "Sampling")]
    [DataRow("IlgpuDiffusion/Weights", "Weights Graphs")]
    [DataRow("IlgpuDiffusion/Acceleration", "Acceleration Graphs Weights")]
    [DataRow("IlgpuDiffusion/Costs", "Costs Graphs Imaging")]
    [DataRow("IlgpuDiffusion/Tuning", "Acceleration Costs Sampling Tuning")]
    [DataRow("IlgpuDiffusion/Models", "Models Acceleration Graphs Weights")]
    [DataRow("IlgpuDiffusion/Families", "Components Families Models Graphs Sampling Text Tuning Weights")]
    [DataRow("IlgpuDiffusion/Components", "Acceleration Components Graphs Models Sampling Text Weights")]
    [DataRow("IlgpuDiffusion/Requests", "Acceleration Components Families Graphs Imaging Models Requests Sampling Text Tuning Weights")]
    [DataRow("IlgpuDiffusion/Pipelines", "Acceleration Components Costs Cpu Families Graphs Imaging Models Pipelines Requests Sampling Text Tuning Weights")]
    [DataRow("IlgpuDiffusion.Cli", "Acceleration Cli Families Gpu Graphs Imaging Models Papercut Pipelines Requests Sampling Text Weights")]
    public void FoldersKnowNoMoreThanTheirLayer(string folder, string known)
    {
        HashSet<string> allowed = [.. known.Split(' ')];
        List<string> wrong = [];
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(Source, folder), "*.cs", SearchOption.AllDirectories)];
        Assert.AreNotEqual(0, files.Length, folder);
        foreach (string file in files)
        {
            wrong.AddRange(Areas(File.ReadAllText(file)).Where(area => !allowed.Contains(area)).Select(area => $"{Path.GetRelativePath(Source, file)} names IlgpuDiffusion.{area}"));
        }

        Assert.IsEmpty(wrong, $"{folder} may know {known}. {string.Join("; ", wrong)}");
    }

    [TestMethod]
    public void OnlyTheGpuProjectKnowsIlgpu()
    {
        // The interpreter of PTX takes ILGPU's compiled kernels; nobody publishes it.
        const string Interpreter = "IlgpuDiffusion.Testing/Ptx/";
        string[] files = [.. Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Where(file => Ilgpu().IsMatch(File.ReadAllText(file))).Select(file => Path.GetRelativePath(Source, file))];
        Assert.IsNotEmpty(files);
        Assert.IsEmpty(files.Where(file => !file.StartsWith("IlgpuDiffusion.Gpu", StringComparison.Ordinal) && !file.Replace('\\', '/').StartsWith(Interpreter, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void EveryFolderOfTheMainProjectHasItsLayer()
    {
        string[] expected = ["Acceleration", "Components", "Costs", "Families", "Imaging", "Models", "Pipelines", "Requests", "Sampling", "Text", "Tuning", "Weights"];
        string[] folders = [.. Directory.EnumerateFiles(Path.Combine(Source, "IlgpuDiffusion"), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Path.Combine(Source, "IlgpuDiffusion"), file).Split(Path.DirectorySeparatorChar)[0])
            .Where(folder => folder is not ("bin" or "obj")).Distinct().Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(expected, folders);
    }

    [TestMethod]
    public void TypesOfTheTopNamespaceBelongToRequestsAndPipelinesAndAreKnownThereAlone()
    {
        string main = Path.Combine(Source, "IlgpuDiffusion");
        string[] top = [.. new[] { "Requests", "Pipelines" }.Select(folder => Path.Combine(main, folder) + Path.DirectorySeparatorChar)];
        ILookup<bool, string> files = Directory.EnumerateFiles(main, "*.cs", SearchOption.AllDirectories).ToLookup(file => top.Any(folder => file.StartsWith(folder, StringComparison.Ordinal)));
        HashSet<string> types = [.. files[true].Select(File.ReadAllText).Where(code => TopNamespace().IsMatch(code)).SelectMany(code => Declared().Matches(code)).Select(match => match.Groups[1].Value)];
        foreach (string file in files[false])
        {
            string code = Aside().Replace(File.ReadAllText(file), "");
            Assert.IsFalse(TopNamespace().IsMatch(code), $"{file} declares a type of the top namespace.");
            string[] known = [.. Word().Matches(code).Select(match => match.Value).Where(types.Contains).Distinct()];
            Assert.IsEmpty(known, $"{Path.GetRelativePath(Source, file)} names {string.Join(", ", known)} of the top namespace.");
        }
    }

    // What stands in comments and strings is no knowledge.
    private static IEnumerable<string> Areas(string code) =>
        Area().Matches(Aside().Replace(code, "")).Select(match => match.Groups[1].Value).Distinct();

    [GeneratedRegex(@"\bIlgpuDiffusion\.([A-Z]\w*)")]
    private static partial Regex Area();

    [GeneratedRegex(@"\bILGPU\b(?=[.;])")]
    private static partial Regex Ilgpu();

    [GeneratedRegex(@"^namespace IlgpuDiffusion;", RegexOptions.Multiline)]
    private static partial Regex TopNamespace();

    [GeneratedRegex(@"\b(?:class|struct|record|enum|interface) +(?:class |struct )?([A-Z]\w*)")]
    private static partial Regex Declared();

    [GeneratedRegex(@"\b[A-Z]\w*")]
    private static partial Regex Word();

    [GeneratedRegex(@"//[^\n]*|""(\\.|[^""\\\n])*""")]
    private static partial Regex Aside();
}
