namespace ILGPU.IR.Intrinsics;

/// <summary>Marks a method that a backend has its own code for; here its body runs.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Property)]
public sealed class IntrinsicImplementationAttribute : Attribute;
