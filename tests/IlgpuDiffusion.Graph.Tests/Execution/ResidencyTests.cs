using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Execution;

/// <summary>Weights under a budget on a device that reads them where they are.</summary>
[TestClass]
internal sealed class ResidencyTests() : ResidencyDeviceTests(new OracleDevice());
