using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>
/// A form of an instruction: its name with the modifiers that it may have, the operands, and since when there is it. Operands are letters: T the
/// type of the instruction, W twice as wide, D and S both types of a conversion, P a predicate, U 32 bits without sign, C a constant;
/// in lower case a place to be written to; with a number a vector, v as many as the name says; A an address, L a label.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Operands">The operands.</param>
/// <param name="Version">The first version of the instruction set, times ten.</param>
/// <param name="Target">The first architecture.</param>
internal sealed record PtxForm(Regex Name, string[] Operands, int Version, int Target)
{
    private const string Integers = "[us](16|32|64)", Comparisons = "(eq|ne|lt|le|gt|ge)";

    /// <summary>All that are known: what the kernels have, after the PTX ISA 8.0.</summary>
    public static IReadOnlyList<PtxForm> All { get; } =
    [
        // Integers.
        Form($@"(add|sub|div|rem|min|max|mul\.lo|mul\.hi)\.(?<t>{Integers})", "t T T"),
        Form($@"mul\.wide\.(?<t>[us](16|32))", "w T T"),
        Form($@"mad\.lo\.(?<t>{Integers})", "t T T T"),
        Form(@"(neg|abs)\.(?<t>s(16|32|64))", "t T"),
        Form(@"(and|or|xor)\.(?<t>pred|b16|b32|b64)", "t T T"),
        Form(@"not\.(?<t>pred|b16|b32|b64)", "t T"),
        Form(@"shl\.(?<t>b(16|32|64))", "t T U"),
        Form(@"shr\.(?<t>[bus](16|32|64))", "t T U"),

        // Floats.
        Form(@"(add|sub|mul)(\.rn)?(\.ftz)?\.(?<t>f32)", "t T T"),
        Form(@"(add|sub|mul)(\.rn)?\.(?<t>f64)", "t T T"),
        Form(@"(min|max)(\.ftz)?\.(?<t>f32)", "t T T"),
        Form(@"(min|max)\.(?<t>f64)", "t T T"),
        Form(@"(neg|abs)((\.ftz)?\.(?<t>f32)|\.(?<t>f64))", "t T"),
        Form(@"fma\.rn((\.ftz)?\.(?<t>f32)|\.(?<t>f64))", "t T T T", version: 20, target: 20),
        Form(@"div\.rn((\.ftz)?\.(?<t>f32)|\.(?<t>f64))", "t T T", version: 14, target: 20),
        Form(@"div\.(approx|full)(\.ftz)?\.(?<t>f32)", "t T T", version: 14),
        Form(@"(rcp|sqrt)\.rn((\.ftz)?\.(?<t>f32)|\.(?<t>f64))", "t T", version: 14, target: 20),
        Form(@"(rcp|sqrt|rsqrt|ex2|lg2|sin|cos)\.approx(\.ftz)?\.(?<t>f32)", "t T", version: 14),

        // Choices and copies.
        Form($@"setp\.({Comparisons}|lo|ls|hi|hs)\.(?<t>u(16|32|64))", "p T T"),
        Form($@"setp\.{Comparisons}\.(?<t>s(16|32|64))", "p T T"),
        Form(@"setp\.(eq|ne)\.(?<t>b(16|32|64))", "p T T"),
        Form($@"setp\.({Comparisons}|equ|neu|ltu|leu|gtu|geu|num|nan)((\.ftz)?\.(?<t>f32)|\.(?<t>f64))", "p T T"),
        Form(@"selp\.(?<t>[bus](16|32|64)|f32|f64)", "t T T P"),
        Form(@"mov\.(?<t>pred|[bus](16|32|64)|f32|f64)", "t T"),

        // Conversions: an integer is rounded to a float, and a float to an integer or narrower float; nothing else is.
        Form(@"cvt\.(?<d>[us](8|16|32|64))\.(?<s>[us](8|16|32|64))", "d S"),
        Form(@"cvt\.(rni|rzi|rmi|rpi)(\.ftz)?\.(?<d>[us](8|16|32|64))\.(?<s>f(16|32|64))", "d S"),
        Form(@"cvt\.(rn|rz|rm|rp)\.(?<d>f(16|32|64))\.(?<s>[us](8|16|32|64))", "d S"),
        Form(@"cvt\.(rn|rz|rm|rp)(\.ftz)?\.(?<d>f32)\.(?<s>f64)", "d S"),
        Form(@"cvt\.(rn|rz|rm|rp)(\.ftz)?\.(?<d>f16)\.(?<s>f(32|64))", "d S"),
        Form(@"cvt(\.ftz)?\.(?<d>f32)\.(?<s>f16)", "d S"),
        Form(@"cvt(\.ftz)?\.(?<d>f64)\.(?<s>f(16|32))", "d S"),
        Form(@"cvt\.(rn|rz)(\.relu)?\.(?<d>bf16x2|f16x2)\.(?<s>f32)", "d S S", version: 70, target: 80),

        // Memory.
        Form(@"ld(\.(param|global|shared|local|const))?\.(?<t>[bus](8|16|32|64)|f32|f64)", "m A"),
        Form(@"ld(\.(global|shared|local))?\.v(?<n>2|4)\.(?<t>[bus](8|16|32)|f32)", "v A"),
        Form(@"ld(\.(global|shared|local))?\.v(?<n>2)\.(?<t>[bus]64|f64)", "v A"),
        Form(@"ld\.global\.nc(\.v(?<n>2|4))?\.(?<t>[bus](8|16|32)|f32)", "v A", version: 31, target: 32),
        Form(@"st(\.(param|global|shared|local))?\.(?<t>[bus](8|16|32|64)|f32|f64)", "A M"),
        Form(@"st(\.(global|shared|local))?\.v(?<n>2|4)\.(?<t>[bus](8|16|32)|f32)", "A V"),
        Form(@"st(\.(global|shared|local))?\.v(?<n>2)\.(?<t>[bus]64|f64)", "A V"),
        Form(@"cvta\.to\.(shared|global|local)\.(?<t>u64)", "t T", version: 20, target: 20),
        Form(@"cp\.async\.cg\.shared\.global", "A A C U", version: 70, target: 80),
        Form(@"cp\.async\.cg\.shared\.global\.L2::128B", "A A C U", version: 74, target: 80),
        Form(@"cp\.async\.commit_group", "", version: 70, target: 80),
        Form(@"cp\.async\.wait_group", "C", version: 70, target: 80),

        // Items together.
        Form(@"bar\.sync", "C"),
        Form(@"shfl\.sync\.(up|down|bfly|idx)\.(?<t>b32)", "t T U U U", version: 60, target: 30),
        Form(@"ldmatrix\.sync\.aligned\.m8n8\.x4(\.trans)?\.shared\.(?<t>b16)", "u4 A", version: 65, target: 75),
        Form(@"mma\.sync\.aligned\.m16n8k16\.row\.col\.f32\.(bf16\.bf16|f16\.f16)\.f32", "f4 U4 U2 F4", version: 70, target: 80),

        // Where to go on.
        Form(@"bra(\.uni)?", "L"),
        Form(@"ret(\.uni)?", ""),
    ];

    // The first version and architecture that CUDA's drivers of today take.
    private static PtxForm Form(string name, string operands, int version = 10, int target = 10) =>
        new(new Regex($"^{name}$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant), operands.Split(' ', StringSplitOptions.RemoveEmptyEntries), version, target);
}
