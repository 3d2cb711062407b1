using System.CommandLine;
using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using IlgpuDiffusion.Cpu;

namespace IlgpuDiffusion.Perf.Verbs;

internal static unsafe class TmpVerb
{
    public static Command Create()
    {
        Command command = new("tmp", "tmp");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        double peak = FmaPeak.Measure(1);
        Console.WriteLine($"peak {peak / 1e9:F1}");
        float* m = (float*)HugePages.Allocate(64 << 20, true);
        new Span<float>(m, (64 << 20) / 4).Clear();
        float* a = m, c = m + (1 << 18), b = m + (1 << 20);
        foreach ((string name, int tilesA, int tilesC, int slabs, int mode) in ((string, int, int, int, int)[])[
            ("all L1", 1, 1, 1, 0), ("A walks 26", 26, 1, 1, 0), ("A,C walk 26", 26, 26, 1, 0), ("A,C walk 26 C 4 panels", 26, 104, 1, 0), ("+B 2 slabs", 26, 26, 2, 0), ("+B 8 slabs", 26, 26, 8, 0), ("+B 512 slabs (8M)", 26, 26, 512, 0),
            ("B 512 prefetch T0", 26, 26, 512, 1), ("B 512 prefetch T1", 26, 26, 512, 2), ("B 512 T2", 26, 26, 512, 3), ("B 8 halves", 26, 26, 8, 4), ("B 512 halves", 26, 26, 512, 4), ("B 512 halves T1", 26, 26, 512, 6), ("B 512 halves T0", 26, 26, 512, 5),
            ("B 512 T1, A ahead T0", 26, 26, 512, 2 + 8), ("B 512 halves T1 A ahead", 26, 26, 512, 6 + 8), ("A 26 ahead, B1", 26, 26, 1, 8), ("B1 halves", 26, 26, 1, 4)])
        {
            double best = 0;
            for (int r = 0; r < 4; r++)
            {
                const int Slabs = 600;
                long start = Stopwatch.GetTimestamp();
                for (int s = 0; s < Slabs; s++)
                {
                    Slab(a, b + ((s % slabs) * 4096), b + (((s + 1) % slabs) * 4096), c, tilesA, tilesC, s, mode);
                }

                best = Math.Max(best, 2.0 * Slabs * 26 * 6 * 32 * 128 / Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            Console.WriteLine($"{name,-28} {best / 1e9:F1} {best / peak:P1}");
        }
    }

    private static void Slab(float* a, float* b, float* next, float* c, int tilesA, int tilesC, int s, int mode)
    {
        int how = mode & 3;
        bool halves = (mode & 4) != 0, ahead = (mode & 8) != 0;
        for (int half = 0; half < (halves ? 2 : 1); half++)
        {
            for (int t = 0; t < 26; t++)
            {
                byte* p = (byte*)next + (halves ? half * 8192 : 0) + (t * (halves ? 5 : 10) * 64);
                for (int i = 0; i < (halves ? 5 : 10) && how != 0; i++, p += 64)
                {
                    if (how == 1)
                    {
                        Sse.Prefetch0(p);
                    }
                    else if (how == 2)
                    {
                        Sse.Prefetch1(p);
                    }
                    else
                    {
                        Sse.Prefetch2(p);
                    }
                }

                float* at = a + (t % tilesA * 768), to = c + ((t + (26 * s)) % tilesC * 192);
                if (ahead)
                {
                    for (int i = 0; i < 48; i++)
                    {
                        Sse.Prefetch0((byte*)(at + 768) + (i * 64));
                    }
                }

                if (halves)
                {
                    Tile6.Multiply<Simd256, Vector256<float>>(at, b + (half * 16), 128, to + (half * 16), false);
                }
                else
                {
                    Tile6.Multiply<Simd256, Vector256<float>>(at, b, 128, to, false);
                    Tile6.Multiply<Simd256, Vector256<float>>(at, b + 16, 128, to + 16, false);
                }
            }
        }
    }
}
