namespace ILGPU.Running;

/// <summary>
/// The items of a group whose items meet, each on a thread of its own. One runs at a time, until it waits for others; so a group
/// runs in the same order every time, and that nobody can go on means that some did not come to a meeting.
/// </summary>
internal sealed class Crew(GroupState group) : IDisposable
{
    private readonly List<Member> _members = [];
    private readonly Gate _over = new();
    private Action _body = static () => { };
    private KernelFaultException? _fault;
    private int _count;
    private int _done;
    private int _waiting;
    private int _yes;

    public bool Failed => _fault is not null;

    /// <summary>How many said yes at the last barrier.</summary>
    public int Votes { get; private set; }

    /// <summary>How many barriers the group has passed.</summary>
    public int Barriers { get; private set; }

    public byte[] Broadcasts { get; } = new byte[2 * Member.MaxExchanged];

    public void Begin(Action body)
    {
        _body = body;
        _count = group.Size.Size;
        while (_members.Count < _count)
        {
            _members.Add(new(this) { Group = group });
        }
    }

    public void Run()
    {
        _fault = null;
        (_done, _waiting, _yes, Barriers) = (0, 0, 0, 0);
        for (int i = 0; i < _count; i++)
        {
            int plane = group.Size.X * group.Size.Y;
            _members[i].Place(i % group.Size.X, i % plane / group.Size.X, i / plane, i);
            _members[i].Ready(Warp(i));
        }

        _members[0].Resume();
        _over.Pass();
        if (_fault is not null)
        {
            throw _fault;
        }
    }

    public void RunBody() => _body();

    public void Fail(KernelFaultException fault) => _fault ??= fault;

    public void Finish(Member member)
    {
        _done++;
        PassOn(member);
    }

    /// <summary>Waits until every item of the group is here.</summary>
    public void Meet(Member member, bool predicate)
    {
        _yes += predicate ? 1 : 0;
        if (++_waiting < _count)
        {
            member.Stop(MemberState.AtBarrier);
            return;
        }

        (Votes, _yes, _waiting) = (_yes, 0, 0);
        Barriers++;
        for (int i = 0; i < _count; i++)
        {
            _members[i].Free(MemberState.AtBarrier);
        }
    }

    /// <summary>Lets the next item that can go on run; the first of the same warp where there is one.</summary>
    public void PassOn(Member member)
    {
        for (int i = 1; i <= _count; i++)
        {
            Member next = _members[(member.Linear + i) % _count];
            if (next.State == MemberState.Ready || (Failed && next.State != MemberState.Done))
            {
                next.Resume();
                return;
            }
        }

        if (_done == _count)
        {
            _over.Open();
            return;
        }

        Fail(new($"Kernel {group.Kernel}, group {group.Index}: {Divergence()}"));
        PassOn(member);
    }

    public void Dispose()
    {
        foreach (Member member in _members)
        {
            member.End();
            member.Dispose();
        }
    }

    private WarpState Warp(int item)
    {
        int lane = item % group.WarpSize;
        return lane > 0 ? _members[item - 1].Warp : new(_members, item, Math.Min(group.WarpSize, _count - item));
    }

    private string Divergence()
    {
        Member[] members = [.. _members.Take(_count)];
        Member? atBarrier = Array.Find(members, member => member.State == MemberState.AtBarrier);
        Member? inWarp = Array.Find(members, member => member.State == MemberState.InWarp);
        string ended = _done > 0 ? $"; {_done} of {_count} items have ended" : "";
        string exchange = inWarp is null ? "" : $"item {inWarp.Linear} waits for its warp in Warp.{inWarp.Warp.Name}";
        string barrier = atBarrier is null ? "" : $"{_waiting} of {_count} items wait at Group.Barrier, item {atBarrier.Linear} the first";
        return $"a meeting that not all reach: {barrier}{(barrier.Length > 0 && exchange.Length > 0 ? "; " : "")}{exchange}{ended}.";
    }
}
