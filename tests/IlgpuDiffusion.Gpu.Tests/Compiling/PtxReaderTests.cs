using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Compiling;

/// <summary>What CUDA's assembler would refuse is found in a text without it.</summary>
[TestClass]
public sealed class PtxReaderTests
{
    private const string Good = """
        .version 8.0
        .target sm_80
        .address_size 64

        .extern .shared .align 16 .b8 __dyn_shared_alloca[];

        .visible .entry Kernel_Run(
        	.param .align 8 .b8 _p_0[24],
        	.param .b32 _n_1
        )
        .maxntid 128, 1, 1
        .minnctapersm 2
        {
        	.reg .pred	%p<2>;
        	.reg .b16	%rs<2>;
        	.reg .b32	%r<8>;
        	.reg .b64	%rd<4>;
        	.reg .f32	%f<8>;

        	ld.param.b64	%rd1, [_p_0+8];
        	ld.param.b32	%r1, [_n_1];
        	mov.b32	%r2, %tid.x;
        	mov.b64	%rd2, __dyn_shared_alloca;
        	setp.lt.s32	%p1, %r2, %r1;
        	@!%p1 bra	L_3;
        	bra.uni	L_2;

        	L_2:
        	ld.v4.f32	{%f1, %f2, %f3, %f4}, [%rd1];
        	fma.rn.f32	%f5, %f1, %f2, 0f3F800000;
        	cvt.rn.f16.f32	%rs1, %f5;
        	cvt.rn.bf16x2.f32 %r3, %f1, %f2;
        	{ .reg .b32 shared0; cvt.u32.u64 shared0, %rd2; cp.async.cg.shared.global.L2::128B [shared0+16], [%rd1], 16, %r1; }
        	cp.async.commit_group;
        	cp.async.wait_group 0;
        	bar.sync	0;
        	{ .reg .b32 shared0; cvt.u32.u64 shared0, %rd2; ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r4,%r5,%r6,%r7}, [shared0+0]; }
        	mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r4,%r5,%r6,%r7}, {%r4,%r5}, {%f1,%f2,%f3,%f4};
        	st.f32	[%rd1+4], %f1;
        	bra	L_3;

        	L_3:
        	ret;
        }
        """;

    [TestMethod]
    public void AGoodTextIsRead()
    {
        PtxModule module = PtxReader.Read(Good);
        Assert.AreEqual((80, 80, "Kernel_Run", true), (module.Version, module.Target, module.Entry.Name, module.HasDynamicShared));
        Assert.AreEqual(28, module.Entry.ParameterBytes);
        CollectionAssert.AreEqual(new[] { 128, 1, 1 }, module.Entry.Directives["maxntid"]);
    }

    [TestMethod]
    [DataRow(".target sm_80", ".target sm_0", "line 2: target sm_0 is unknown")]
    [DataRow(".version 8.0", ".version 9.9", "line 1: version 9.9 is unknown")]
    [DataRow(".target sm_80", ".target sm_90", null)]
    [DataRow(".version 8.0\n.target sm_80", ".version 7.0\n.target sm_90", "sm_90 wants version 7.8")]
    [DataRow(".version 8.0", ".version 7.3", "cp.async.cg.shared.global.L2::128B wants version 7.4")]
    [DataRow(".target sm_80", ".target sm_75", "cvt.rn.bf16x2.f32 wants sm_80")]
    [DataRow(".address_size 64", ".address_size 32", "addresses of 64 bits")]
    [DataRow("fma.rn.f32", "fma.f32", "line 30: fma.f32 is no instruction that is known")]
    [DataRow("fma.rn.f32", "fma.rn.sat.f32", "is no instruction that is known")]
    [DataRow("%f5, %f1, %f2, 0f3F800000", "%f5, %f1, %f2", "has 4 operands, not 3")]
    [DataRow("%f5, %f1, %f2, 0f3F800000", "%f8, %f1, %f2, %f3", "operand 0 is %f8, which is not declared")]
    [DataRow("%f5, %f1, %f2, 0f3F800000", "%f5, %f1, %rd1, %f3", "operand 2 is %rd1, of class b64, no f32")]
    [DataRow("%f5, %f1, %f2, 0f3F800000", "%f5, %f1, %f2, 1", "operand 3 is 1, no f32")]
    [DataRow("setp.lt.s32\t%p1", "setp.lt.s32\t%r3", "operand 0 is %r3, of class b32, no pred")]
    [DataRow("setp.lt.s32", "setp.lo.s32", "setp.lo.s32 is no instruction")]
    [DataRow("setp.lt.s32\t%p1, %r2", "setp.lt.s32\t%p1, %f2", "of class f32, no s32")]
    [DataRow("@!%p1 bra\tL_3;", "@!%p1 bra\tL_4;", "there is no label L_4")]
    [DataRow("@!%p1 bra", "@!%r1 bra", "%r1 is no predicate")]
    [DataRow("L_3:\n", "L_2:\n", "label L_2 stands twice")]
    [DataRow("[_p_0+8]", "[_p_0+24]", "lies outside of _p_0")]
    [DataRow("[_p_0+8]", "[_p_0+4]", "is off the alignment")]
    [DataRow("[_n_1]", "[_m_1]", "_m_1, which is not declared")]
    [DataRow("%tid.x", "%tid.w", "%tid.w, which is not declared")]
    [DataRow("mov.b32\t%r2, %tid.x", "mov.b32\t%tid.x, %r2", "is read only")]
    [DataRow("{%f1, %f2, %f3, %f4}, [%rd1]", "{%f1, %f2, %f3}, [%rd1]", "has 3 registers, not 4")]
    [DataRow("{%f1, %f2, %f3, %f4}, [%rd1]", "{%f1, %f2, %f3, %f4}, [%r1]", "of class b32, no address")]
    [DataRow("cvt.rn.f16.f32", "cvt.f16.f32", "cvt.f16.f32 is no instruction")]
    [DataRow("{%r4,%r5}, {%f1", "{%f4,%f5}, {%f1", "of class f32, no u32")]
    [DataRow("cp.async.wait_group 0", "cp.async.wait_group %r1", "is no constant")]
    [DataRow("[shared0+16]", "[shared1+16]", "shared1, which is not declared")]
    [DataRow(".reg .b16\t%rs<2>;", ".reg .b16\t%r<2>;", "register %r0 is declared twice")]
    [DataRow("\tret;\n", "", "nothing follows label L_3")]
    [DataRow("bar.sync\t0;", "bar.sync\t0", "does not end in ;")]
    [DataRow("bar.sync\t0;", "call foo;", "call is no instruction")]
    [DataRow(".extern .shared .align 16", ".extern .shared .align 3", "nothing that stands in a module")]
    [DataRow("_p_0[24]", "_p_0[5000]", "more than 4352 bytes of parameters")]
    [DataRow("_n_1", "_ñ_1", "not ASCII")]
    public void WhatTheAssemblerRefusesIsFound(string text, string other, string? fault)
    {
        string good = Good.ReplaceLineEndings("\n"), changed = good.Replace(text, other, StringComparison.Ordinal);
        Assert.AreNotEqual(good, changed);
        if (fault is null)
        {
            PtxReader.Read(changed);
        }
        else
        {
            Assert.Contains(fault, Assert.ThrowsExactly<PtxException>(() => PtxReader.Read(changed)).Message);
        }
    }
}
