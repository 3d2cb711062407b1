namespace ILGPU.Running;

/// <summary>Lets one thread pass each time it is opened. It never spins: whoever opens it is about to wait itself.</summary>
internal sealed class Gate
{
    private readonly object _signal = new();
    private bool _open;

    public void Open()
    {
        lock (_signal)
        {
            _open = true;
            Monitor.Pulse(_signal);
        }
    }

    public void Pass()
    {
        lock (_signal)
        {
            while (!_open)
            {
                Monitor.Wait(_signal);
            }

            _open = false;
        }
    }
}
