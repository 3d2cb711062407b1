namespace IlgpuDiffusion.Gpu;

/// <summary>A kernel that is loaded on a device.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Compiling">What ILGPU took to compile it, and the driver if they are not told apart.</param>
/// <param name="Driver">What the driver took to translate it.</param>
/// <param name="Needs">What it needs of a multiprocessor, where the driver says so.</param>
internal sealed record KernelFact(string Name, TimeSpan Compiling, TimeSpan Driver = default, KernelNeeds? Needs = null);

/// <summary>What a kernel needs of a multiprocessor.</summary>
/// <param name="Registers">Registers of an item.</param>
/// <param name="LocalBytes">Bytes of an item that are in memory, for lack of registers or because they are indexed.</param>
/// <param name="SharedBytes">Bytes of static shared memory of a group.</param>
/// <param name="Items">Items that a group may have.</param>
internal readonly record struct KernelNeeds(int Registers, int LocalBytes, int SharedBytes, int Items);
