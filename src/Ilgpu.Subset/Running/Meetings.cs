using System.Reflection;
using ILGPU.Il;

namespace ILGPU.Running;

/// <summary>Whether a kernel's items meet: whether its code can come to a barrier, a warp exchange or shared memory.</summary>
internal static class Meetings
{
    public static bool In(MethodBase kernel)
    {
        HashSet<MethodBase> seen = [kernel];
        Stack<MethodBase> open = new(seen);
        while (open.TryPop(out MethodBase? method))
        {
            foreach ((_, MethodBase target, _) in IlCalls.In(method))
            {
                if (IsMeeting(target))
                {
                    return true;
                }

                // Of the class library nothing comes back to a group.
                if (!IsClassLibrary(target) && seen.Add(target))
                {
                    open.Push(target);
                }
            }
        }

        return false;
    }

    private static bool IsClassLibrary(MethodBase method) => method.Module.Assembly.GetName().Name!.StartsWith("System.", StringComparison.Ordinal);

    private static bool IsMeeting(MethodBase method) =>
        method.DeclaringType == typeof(SharedMemory)
        || (method.DeclaringType == typeof(Warp) && !method.IsSpecialName)
        || (method.DeclaringType == typeof(Group) && (method.Name.StartsWith(nameof(Group.Barrier), StringComparison.Ordinal) || method.Name == nameof(Group.Broadcast)));
}
