namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>Groups of items that run a kernel on the processor, instruction by instruction. A warp runs until all its items wait; then the next one.</summary>
internal static class PtxGroup
{
    /// <summary>Runs a kernel's groups, one after the other.</summary>
    /// <param name="program">The kernel.</param>
    /// <param name="memory">What it may touch.</param>
    /// <param name="arguments">Its arguments' bytes.</param>
    /// <param name="items">Items of a group.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a group.</param>
    /// <param name="groups">How many groups there are.</param>
    public static void Run(PtxProgram program, PtxMemory memory, IReadOnlyList<byte[]> arguments, int items, int sharedBytes, (int X, int Y, int Z) groups)
    {
        RequireForm(program, arguments, items);
        byte[] parameters = new byte[program.Entry.ParameterBytes];
        for (int i = 0; i < arguments.Count; i++)
        {
            arguments[i].CopyTo(parameters, program.Entry.Offset(i));
        }

        for (int i = 0; i < groups.X * groups.Y * groups.Z; i++)
        {
            (int x, int y, int z) = (i % groups.X, i / groups.X % groups.Y, i / groups.X / groups.Y);
            PtxShared shared = new(program.SharedBytes);
            (string, int)[] special =
            [
                ("%ntid.x", items), ("%ntid.y", 1), ("%ntid.z", 1), ("%ctaid.x", x), ("%ctaid.y", y), ("%ctaid.z", z),
                ("%nctaid.x", groups.X), ("%nctaid.y", groups.Y), ("%nctaid.z", groups.Z), ("%dynamic_smem_size", sharedBytes),
            ];
            PtxWarp[] warps = [.. Enumerable.Range(0, (items + PtxWarp.Lanes - 1) / PtxWarp.Lanes)
                .Select(warp => new PtxWarp(program, memory, shared, parameters, warp * PtxWarp.Lanes, Math.Min(PtxWarp.Lanes, items - (warp * PtxWarp.Lanes)), special))];
            try
            {
                Run(warps, shared);
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidOperationException($"{program.Entry.Name}, group ({x}, {y}, {z}): {e.Message}", e);
            }
        }
    }

    private static void Run(PtxWarp[] warps, PtxShared shared)
    {
        while (!Array.TrueForAll(warps, warp => warp.HasEnded))
        {
            foreach (PtxWarp warp in warps)
            {
                warp.Run();
            }

            if (Array.Exists(warps, warp => warp.HasEndedInPart) && Array.Exists(warps, warp => warp.Waits))
            {
                throw new InvalidOperationException("Some items have ended, and others wait for them.");
            }

            Array.ForEach(warps, warp => warp.PassBarrier());
            shared.Epoch++;
        }
    }

    // What the driver holds a launch to.
    private static void RequireForm(PtxProgram program, IReadOnlyList<byte[]> arguments, int items)
    {
        if (arguments.Count != program.Entry.Parameters.Count || arguments.Where((argument, i) => argument.Length > program.Entry.Parameters[i].Bytes).Any())
        {
            throw new InvalidOperationException($"{program.Entry.Name} has parameters of {string.Join(", ", program.Entry.Parameters.Select(parameter => parameter.Bytes))} bytes, not {string.Join(", ", arguments.Select(argument => argument.Length))}.");
        }

        if (program.Entry.Directives.TryGetValue("maxntid", out int[]? most) && items > most.Aggregate(1, (product, size) => product * size))
        {
            throw new InvalidOperationException($"{program.Entry.Name} is compiled for {most[0]} items a group, not {items}.");
        }
    }
}
