namespace ILGPU.Running;

/// <summary>Runs groups one after the other.</summary>
internal sealed class Worker : IDisposable
{
    private readonly GroupState _group = new();
    private readonly Item _item;
    private Crew? _crew;

    public Worker()
    {
        _item = new() { Group = _group };
    }

    public void Run(LoadedKernel kernel, in KernelConfig config, int warpSize, Action body, Ticket ticket)
    {
        _group.Begin(kernel, config, warpSize);
        if (kernel.ItemsMeet)
        {
            _crew ??= new(_group);
            _crew.Begin(body);
        }

        try
        {
            while (ticket.Take(out long group, out long last))
            {
                for (; group < last; group++)
                {
                    _group.Enter(group);
                    if (kernel.ItemsMeet)
                    {
                        _crew!.Run();
                    }
                    else
                    {
                        RunLoop(config.GroupDim, body);
                    }
                }
            }
        }
        catch (KernelFaultException fault)
        {
            ticket.Fail(fault);
        }
    }

    public void Dispose()
    {
        _crew?.Dispose();
        _item.Dispose();
        _group.Dispose();
    }

    private void RunLoop(Index3D size, Action body)
    {
        _item.Enter();
        try
        {
            int linear = 0;
            for (int z = 0; z < size.Z; z++)
            {
                for (int y = 0; y < size.Y; y++)
                {
                    for (int x = 0; x < size.X; x++)
                    {
                        _item.Place(x, y, z, linear++);
                        body();
                    }
                }
            }
        }
        catch (Exception fault) when (fault is not KernelFaultException)
        {
            throw new KernelFaultException(Item.Where + fault.Message, fault);
        }
        finally
        {
            Item.Leave();
        }
    }
}
