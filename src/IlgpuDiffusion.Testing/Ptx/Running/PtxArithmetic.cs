namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>Instructions of PTX that make a register of up to three, as functions of their bits.</summary>
internal static class PtxArithmetic
{
    /// <summary>The function, or null if the instruction is another kind of thing.</summary>
    public static Func<ulong, ulong, ulong, ulong>? Of(string op) => op switch
    {
        "mov.b32" or "mov.f32" or "cvt.u32.u64" or "cvt.s32.s64" or "cvt.u64.u32" => (a, _, _) => (uint)a,
        "mov.b64" or "mov.f64" or "mov.pred" or "mov.u64" => (a, _, _) => a,
        "mov.b16" => (a, _, _) => (ushort)a,
        "cvt.s64.s32" or "cvt.u64.s32" => (a, _, _) => (ulong)(int)a,
        "cvt.s32.u16" or "cvt.u16.u32" or "cvt.u16.s32" or "cvt.u32.u16" => (a, _, _) => (ushort)a,
        "cvt.s32.u8" or "cvt.u32.u8" or "cvt.u8.u32" or "cvt.u16.u8" => (a, _, _) => (byte)a,
        "cvt.f64.f32" => (a, _, _) => Bits((double)Single(a)),
        "cvt.rn.f32.f64" => (a, _, _) => Bits((float)Double(a)),
        "cvt.rn.f64.s32" => (a, _, _) => Bits((double)(int)a),
        "cvt.rzi.s32.f64" => (a, _, _) => (uint)(int)Math.Clamp(double.IsNaN(Double(a)) ? 0 : Math.Truncate(Double(a)), int.MinValue, int.MaxValue),
        "cvt.f32.f16" => (a, _, _) => Bits((float)BitConverter.UInt16BitsToHalf((ushort)a)),
        "cvt.rn.f16.f32" => (a, _, _) => Half(a),
        "cvt.rn.f16x2.f32" => (a, b, _) => (Half(a) << 16) | Half(b),
        "cvt.rn.bf16x2.f32" => (a, b, _) => (Brain(a) << 16) | Brain(b),
        "cvt.rn.f32.s32" => (a, _, _) => Bits((int)a),
        "mul.wide.u32" => (a, b, _) => (ulong)(uint)a * (uint)b,
        "mad.lo.u64" => (a, b, c) => (a * b) + c,
        "add.u64" or "add.s64" => (a, b, _) => a + b,
        "sub.s64" or "sub.u64" => (a, b, _) => a - b,
        "mul.lo.s64" or "mul.lo.u64" => (a, b, _) => a * b,
        "div.s64" => (a, b, _) => (ulong)(b == 0 ? -1 : (long)b == -1 ? -(long)a : (long)a / (long)b),
        "rem.s64" => (a, b, _) => (ulong)(b == 0 ? -1 : (long)b == -1 ? 0 : (long)a % (long)b),
        "shl.b64" => (a, b, _) => (uint)b > 63 ? 0 : a << (int)b,
        "shr.s64" => (a, b, _) => (ulong)((long)a >> Math.Min((int)(uint)b, 63)),
        "shr.u64" => (a, b, _) => (uint)b > 63 ? 0 : a >> (int)b,
        "add.s32" => (a, b, _) => (uint)(a + b),
        "sub.s32" => (a, b, _) => (uint)(a - b),
        "neg.s32" => (a, _, _) => (uint)(0 - a),
        "mul.lo.s32" => (a, b, _) => (uint)(a * b),
        "div.s32" => (a, b, _) => (uint)((int)b == 0 ? -1 : (int)a / (int)b),
        "rem.s32" => (a, b, _) => (uint)((int)b == 0 ? -1 : (int)a % (int)b),
        "div.u32" => (a, b, _) => (uint)a / (uint)b,
        "min.s32" => (a, b, _) => (uint)Math.Min((int)a, (int)b),
        "max.s32" => (a, b, _) => (uint)Math.Max((int)a, (int)b),
        "and.b32" or "and.pred" => (a, b, _) => (uint)(a & b),
        "or.b32" or "or.pred" => (a, b, _) => (uint)(a | b),
        "xor.b32" => (a, b, _) => (uint)(a ^ b),
        "not.b32" => (a, _, _) => (uint)~a,
        "not.pred" => (a, _, _) => a ^ 1,
        "and.b64" => (a, b, _) => a & b,
        "or.b64" => (a, b, _) => a | b,
        "xor.b64" => (a, b, _) => a ^ b,
        "shl.b32" => (a, b, _) => (uint)b > 31 ? 0 : (uint)a << (int)b,
        "shr.u32" => (a, b, _) => (uint)b > 31 ? 0 : (uint)a >> (int)b,
        "shr.s32" => (a, b, _) => (uint)((int)a >> Math.Min((int)Math.Min((uint)b, 31), 31)),
        "selp.b32" or "selp.f32" => (a, b, c) => (uint)(c != 0 ? a : b),
        "selp.b64" or "selp.f64" => (a, b, c) => c != 0 ? a : b,
        "add.f64" => (a, b, _) => Bits(Double(a) + Double(b)),
        "sub.f64" => (a, b, _) => Bits(Double(a) - Double(b)),
        "mul.f64" => (a, b, _) => Bits(Double(a) * Double(b)),
        "div.rn.f64" => (a, b, _) => Bits(Double(a) / Double(b)),
        "rcp.rn.f64" => (a, _, _) => Bits(1 / Double(a)),
        "sqrt.rn.f64" => (a, _, _) => Bits(Math.Sqrt(Double(a))),
        "neg.f64" => (a, _, _) => Bits(-Double(a)),
        "add.f32" => (a, b, _) => Bits(Single(a) + Single(b)),
        "sub.f32" => (a, b, _) => Bits(Single(a) - Single(b)),
        "mul.f32" => (a, b, _) => Bits(Single(a) * Single(b)),
        "fma.rn.f32" => (a, b, c) => Bits(MathF.FusedMultiplyAdd(Single(a), Single(b), Single(c))),
        "div.rn.f32" => (a, b, _) => Bits(Single(a) / Single(b)),
        "max.f32" => (a, b, _) => Bits(float.MaxNumber(Single(a), Single(b))),
        "min.f32" => (a, b, _) => Bits(float.MinNumber(Single(a), Single(b))),
        "neg.f32" => (a, _, _) => Bits(-Single(a)),
        "abs.f32" => (a, _, _) => Bits(MathF.Abs(Single(a))),
        "ex2.approx.ftz.f32" => (a, _, _) => Bits(Flushed(MathF.Pow(2, Flushed(Single(a))))),
        "rcp.approx.ftz.f32" => (a, _, _) => Bits(Flushed(1 / Flushed(Single(a)))),
        "sqrt.rn.f32" => (a, _, _) => Bits(MathF.Sqrt(Single(a))),
        "div.approx.ftz.f32" => (a, b, _) => Bits(Flushed(Flushed(Single(a)) / Flushed(Single(b)))),
        "rcp.rn.f32" => (a, _, _) => Bits(1 / Single(a)),
        _ => op.StartsWith("setp.", StringComparison.Ordinal) ? Comparison(op) : null,
    };

    public static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    public static ulong Bits(float x) => BitConverter.SingleToUInt32Bits(x);

    private static double Double(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    private static ulong Bits(double x) => BitConverter.DoubleToUInt64Bits(x);

    private static Func<ulong, ulong, ulong, ulong>? Comparison(string op)
    {
        string[] parts = op.Split('.');
        Func<ulong, ulong, int>? order = parts[2] switch
        {
            "s32" => (a, b) => ((int)a).CompareTo((int)b),
            "u32" => (a, b) => ((uint)a).CompareTo((uint)b),
            "s64" => (a, b) => ((long)a).CompareTo((long)b),
            "u64" => (a, b) => a.CompareTo(b),
            "f64" => (a, b) => double.IsNaN(Double(a)) || double.IsNaN(Double(b)) ? 2 : Double(a).CompareTo(Double(b)),

            // Nothing is so of what is no number.
            "f32" => (a, b) => float.IsNaN(Single(a)) || float.IsNaN(Single(b)) ? 2 : Single(a).CompareTo(Single(b)),
            _ => null,
        };
        return order is null ? null : parts[1] switch
        {
            "lt" or "lo" => (a, b, _) => order(a, b) == -1 ? 1u : 0,
            "le" or "ls" => (a, b, _) => order(a, b) is -1 or 0 ? 1u : 0,
            "gt" or "hi" => (a, b, _) => order(a, b) == 1 ? 1u : 0,
            "ge" or "hs" => (a, b, _) => order(a, b) is 0 or 1 ? 1u : 0,
            "eq" => (a, b, _) => order(a, b) == 0 ? 1u : 0,
            "ne" => (a, b, _) => order(a, b) is -1 or 1 ? 1u : 0,
            "neu" => (a, b, _) => order(a, b) != 0 ? 1u : 0,
            "ltu" => (a, b, _) => order(a, b) is -1 or 2 ? 1u : 0,
            "leu" => (a, b, _) => order(a, b) is -1 or 0 or 2 ? 1u : 0,
            "gtu" => (a, b, _) => order(a, b) is 1 or 2 ? 1u : 0,
            "geu" => (a, b, _) => order(a, b) is 0 or 1 or 2 ? 1u : 0,
            _ => null,
        };
    }

    private static ulong Half(ulong bits) => BitConverter.HalfToUInt16Bits((Half)Single(bits));

    private static ulong Brain(ulong bits)
    {
        uint x = (uint)bits;
        return float.IsNaN(Single(bits)) ? 0x7fff : (x + 0x7fff + ((x >> 16) & 1)) >> 16;
    }

    private static float Flushed(float x) => float.IsSubnormal(x) ? 0 : x;
}
