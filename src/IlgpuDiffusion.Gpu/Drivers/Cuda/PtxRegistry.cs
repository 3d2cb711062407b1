using System.Globalization;
using System.Reflection;
using System.Text;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Types;
using ILGPU.IR.Values;
using Registers = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>Tells ILGPU to write the text of <see cref="PtxAttribute"/> where a kernel for CUDA calls a method that has one, and what to call where one for OpenCL does. On the processor methods run as they are.</summary>
internal static class PtxRegistry
{
    private static readonly Type[] Holders = [typeof(Ptx), typeof(DeviceMath)];

    /// <summary>To be called on a context's builder before the context is made.</summary>
    public static Context.Builder UsePtx(this Context.Builder builder)
    {
        MethodInfo handler = typeof(PtxRegistry).GetMethod(nameof(Write), BindingFlags.Static | BindingFlags.NonPublic)!;
        IntrinsicImplementationManager known = builder.GetIntrinsicManager();
        foreach (MethodInfo method in Holders.SelectMany(holder => holder.GetMethods(BindingFlags.Static | BindingFlags.Public)))
        {
            if (method.GetCustomAttribute<PtxAttribute>() is { } ptx)
            {
                known.RegisterMethod(method, new PTXIntrinsic(handler, IntrinsicImplementationMode.GenerateCode));
                if (ptx.Otherwise is { } name)
                {
                    known.RegisterMethod(method, new CLIntrinsic(method.DeclaringType!.GetMethod(name)!, IntrinsicImplementationMode.Redirect));
                }
            }
        }

        return builder;
    }

    private static void Write(PTXBackend _, PTXCodeGenerator generator, Value value)
    {
        MethodCall call = (MethodCall)value;
        string code = ((MethodInfo)call.Target.Source).GetCustomAttribute<PtxAttribute>()!.Code;
        List<(Registers.PrimitiveRegister Register, TypeNode Type)> arguments = [];
        List<(Registers.PrimitiveRegister Register, TypeNode Type)> results = [];
        for (int i = 0; i < call.Count; i++)
        {
            Value argument = call[i].Resolve();
            Flatten(generator.Load(argument), argument.Type, arguments);
        }

        if (!call.Type.IsVoidType)
        {
            Flatten(generator.Allocate(value), call.Type, results);
        }

        StringBuilder declarations = new();
        StringBuilder text = new();
        for (int i = 0; i < code.Length; i++)
        {
            if (code[i] != '$')
            {
                text.Append(code[i]);
                continue;
            }

            char kind = code[i + 1];
            int start = char.IsDigit(kind) ? i + 1 : i + 2;
            int end = start;
            while (end < code.Length && char.IsDigit(code[end]))
            {
                end++;
            }

            int number = int.Parse(code.AsSpan(start, end - start), CultureInfo.InvariantCulture);
            text.Append(kind switch
            {
                'r' => Name(results[number].Register),
                's' => SharedAddress(declarations, number, arguments[number].Register, arguments[number].Type),
                _ when IsInVector(text) && arguments[number].Register is Registers.ConstantRegister => Held(declarations, number, arguments[number].Register),
                _ => Name(arguments[number].Register),
            });
            i = end - 1;
        }

        // Names declared within braces end with them.
        generator.Builder.AppendLine(declarations.Length > 0 ? $"\t{{ {declarations}{text} }}" : $"\t{text}");
    }

    // ILGPU holds shared addresses as 64-bit offsets in shared memory, or, where it lost sight of the memory, as generic addresses.
    private static string SharedAddress(StringBuilder declarations, int number, Registers.PrimitiveRegister register, TypeNode type)
    {
        string name = $"shared{number}";
        declarations.Append(CultureInfo.InvariantCulture, $".reg .b32 {name}; ");
        if (type is AddressSpaceType { AddressSpace: MemoryAddressSpace.Shared })
        {
            declarations.Append(CultureInfo.InvariantCulture, $"cvt.u32.u64 {name}, {Name(register)}; ");
        }
        else
        {
            declarations.Append(CultureInfo.InvariantCulture, $".reg .b64 wide{number}; cvta.to.shared.u64 wide{number}, {Name(register)}; cvt.u32.u64 {name}, wide{number}; ");
        }

        return name;
    }

    private static bool IsInVector(StringBuilder text)
    {
        string written = text.ToString();
        return written.LastIndexOf('{') > written.LastIndexOf('}');
    }

    // Vectors are of registers alone.
    private static string Held(StringBuilder declarations, int number, Registers.PrimitiveRegister constant)
    {
        string literal = Name(constant), name = $"held{number}", type = literal.StartsWith("0f", StringComparison.Ordinal) ? "f32" : "b32";
        declarations.Append(CultureInfo.InvariantCulture, $".reg .{type} {name}; mov.{type} {name}, {literal}; ");
        return name;
    }

    private static string Name(Registers.PrimitiveRegister register) => register switch
    {
        Registers.HardwareRegister hardware => "%" + PTXRegisterAllocator.GetStringRepresentation(hardware).TrimStart('%'),
        Registers.ConstantRegister { Value: { BasicValueType: BasicValueType.Float32 } number } => "0f" + BitConverter.SingleToInt32Bits(number.Float32Value).ToString("X8", CultureInfo.InvariantCulture),
        Registers.ConstantRegister constant => constant.Value.RawValue.ToString(CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"A register of {register.GetType()}."),
    };

    private static void Flatten(Registers.Register register, TypeNode type, List<(Registers.PrimitiveRegister, TypeNode)> into)
    {
        if (register is Registers.CompoundRegister compound)
        {
            for (int i = 0; i < compound.NumChildren; i++)
            {
                Flatten(compound.Children[i], compound.Type[i], into);
            }
        }
        else
        {
            into.Add(((Registers.PrimitiveRegister)register, type));
        }
    }
}
