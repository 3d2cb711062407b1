namespace ILGPU.Running;

/// <summary>The lanes of a warp and what they exchange.</summary>
internal sealed class WarpState(List<Member> members, int first, int lanes)
{
    // Of two exchanges in turn: a lane may be at the next one before the last has read this one.
    private readonly byte[] _values = new byte[2 * lanes * Member.MaxExchanged];
    private int _waiting;
    private int _turn;

    /// <summary>The exchange that lanes wait in.</summary>
    public string Name { get; private set; } = "";

    public ReadOnlySpan<byte> Exchange(Member member, ReadOnlySpan<byte> value, int lane, string name)
    {
        int turn = _turn & 1;
        if (_waiting > 0 && name != Name)
        {
            throw Fault.Make($"Warp.{name} meets other lanes in Warp.{Name}.");
        }

        if ((uint)lane >= (uint)lanes)
        {
            throw Fault.Make($"Warp.{name} reads lane {lane} of a warp of {lanes}.");
        }

        Name = name;
        value.CopyTo(Slot(turn, member.Linear - first));
        if (++_waiting < lanes)
        {
            member.Stop(MemberState.InWarp);
        }
        else
        {
            _waiting = 0;
            _turn++;
            for (int i = 0; i < lanes; i++)
            {
                members[first + i].Free(MemberState.InWarp);
            }
        }

        return Slot(turn, lane)[..value.Length];
    }

    private Span<byte> Slot(int turn, int lane) => _values.AsSpan(((turn * lanes) + lane) * Member.MaxExchanged, Member.MaxExchanged);
}
