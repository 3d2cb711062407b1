using System.Runtime.InteropServices;

namespace ILGPU.Running;

/// <summary>What an item of a crew is doing.</summary>
internal enum MemberState
{
    Ready,
    Running,
    AtBarrier,
    InWarp,
    Done,
}

/// <summary>An item with a thread of its own.</summary>
internal sealed class Member : Item
{
    /// <summary>The largest value that items can exchange, bytes.</summary>
    public const int MaxExchanged = 256;

    private const int StackBytes = 1 << 20;

    private readonly Crew _crew;
    private readonly Gate _turn = new();
    private Thread? _thread;
    private bool _ended;

    public Member(Crew crew)
    {
        _crew = crew;
    }

    public MemberState State { get; private set; } = MemberState.Done;

    public WarpState Warp { get; private set; } = null!;

    public void Ready(WarpState warp)
    {
        Warp = warp;
        State = MemberState.Ready;
    }

    /// <summary>Lets it run; whoever calls stops right after.</summary>
    public void Resume()
    {
        State = MemberState.Running;
        if (_thread is null)
        {
            _thread = new(Live, StackBytes) { IsBackground = true, Name = "ILGPU item" };
            _thread.Start();
        }

        _turn.Open();
    }

    public void Free(MemberState from) => State = State == from ? MemberState.Ready : State;

    /// <summary>Lets others run until it is freed.</summary>
    public void Stop(MemberState state)
    {
        State = state;
        _crew.PassOn(this);
        _turn.Pass();
        if (_crew.Failed)
        {
            throw new AbortException();
        }
    }

    public override int Barrier(bool predicate)
    {
        _crew.Meet(this, predicate);
        return _crew.Votes;
    }

    public override T Broadcast<T>(T value, int item)
    {
        Span<byte> place = _crew.Broadcasts.AsSpan((_crew.Barriers & 1) * MaxExchanged, MaxExchanged);
        if ((uint)item >= (uint)Group.Size.Size)
        {
            throw Fault.Make($"Group.Broadcast reads item {item} of {Group.Size.Size}.");
        }

        if (item == Linear)
        {
            MemoryMarshal.Write(place, value);
        }

        _crew.Meet(this, false);
        return MemoryMarshal.Read<T>(place);
    }

    public override T Exchange<T>(T value, int lane, string name) =>
        MemoryMarshal.Read<T>(Warp.Exchange(this, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), lane, name));

    public void End()
    {
        _ended = true;
        if (_thread is not null)
        {
            _turn.Open();
            _thread.Join();
        }
    }

    private void Live()
    {
        Enter();
        while (true)
        {
            _turn.Pass();
            if (_ended)
            {
                return;
            }

            RunBody();
            State = MemberState.Done;
            _crew.Finish(this);
        }
    }

    private void RunBody()
    {
        try
        {
            if (!_crew.Failed)
            {
                _crew.RunBody();
            }
        }
        catch (AbortException)
        {
            // Another item's fault ended the group.
        }
        catch (KernelFaultException fault)
        {
            _crew.Fail(fault);
        }
        catch (Exception fault)
        {
            _crew.Fail(new(Where + fault.Message, fault));
        }
    }

    private sealed class AbortException : Exception;
}
