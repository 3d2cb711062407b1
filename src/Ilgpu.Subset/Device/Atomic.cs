using System.Numerics;
using System.Runtime.CompilerServices;

namespace ILGPU;

/// <summary>Indivisible changes; each returns what was there before.</summary>
public static class Atomic
{
    public static int Add(ref int target, int value) => Interlocked.Add(ref target, value) - value;

    public static uint Add(ref uint target, uint value) => Interlocked.Add(ref target, value) - value;

    public static long Add(ref long target, long value) => Interlocked.Add(ref target, value) - value;

    public static float Add(ref float target, float value)
    {
        float before = Volatile.Read(ref target);
        while (true)
        {
            float seen = Interlocked.CompareExchange(ref target, before + value, before);
            if (BitConverter.SingleToInt32Bits(seen) == BitConverter.SingleToInt32Bits(before))
            {
                return before;
            }

            before = seen;
        }
    }

    public static int Max(ref int target, int value) => Change(ref target, value, int.Max);

    public static float Max(ref float target, float value) => Change(ref target, value, float.Max);

    public static int Min(ref int target, int value) => Change(ref target, value, int.Min);

    public static float Min(ref float target, float value) => Change(ref target, value, float.Min);

    public static int And(ref int target, int value) => Interlocked.And(ref target, value);

    public static int Or(ref int target, int value) => Interlocked.Or(ref target, value);

    public static int Exchange(ref int target, int value) => Interlocked.Exchange(ref target, value);

    public static float Exchange(ref float target, float value) => Interlocked.Exchange(ref target, value);

    public static int CompareExchange(ref int target, int compare, int value) => Interlocked.CompareExchange(ref target, value, compare);

    private static T Change<T>(ref T target, T value, Func<T, T, T> change)
        where T : unmanaged, INumber<T>
    {
        ref int place = ref Unsafe.As<T, int>(ref target);
        int before = Volatile.Read(ref place);
        while (true)
        {
            T next = change(Unsafe.BitCast<int, T>(before), value);
            int seen = Interlocked.CompareExchange(ref place, Unsafe.BitCast<T, int>(next), before);
            if (seen == before)
            {
                return Unsafe.BitCast<int, T>(before);
            }

            before = seen;
        }
    }
}
