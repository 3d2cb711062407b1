namespace IlgpuDiffusion.Testing;

/// <summary>Checks that code allocates nothing on the calling thread.</summary>
internal static class AllocationAssert
{
    /// <summary>
    /// Runs an action several times and asserts that one of the runs allocated nothing. What allocates by itself does so every time; the runtime's
    /// own allocations, when a method is first compiled or replaced by a faster tier, fall into single runs.
    /// </summary>
    public static void None(Action action, string what = "")
    {
        long least = long.MaxValue;
        for (int i = 0; i < 8 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.AreEqual(0, least, $"{what} allocates in every run.");
    }
}
