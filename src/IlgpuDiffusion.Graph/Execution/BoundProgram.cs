namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>A program whose launches know where everything lies.</summary>
internal sealed class BoundProgram
{
    private readonly Launch[] _launches;

    /// <param name="program">The program.</param>
    /// <param name="weights">The addresses of the weights that its locations number.</param>
    public BoundProgram(CompiledProgram program, nint[] weights)
    {
        Program = program;
        _launches = new Launch[program.Steps.Count];
        for (int i = 0; i < _launches.Length; i++)
        {
            Step step = program.Steps[i];
            Place[] places = Array.ConvertAll(step.Locations, at => at.Weight < 0 ? at.Place : at.Place with { Offset = at.Place.Offset + weights[at.Weight] });
            _launches[i] = step.Prepared.Bind(places, step.Node.Path);
        }
    }

    public CompiledProgram Program { get; }

    /// <summary>Runs every launch in order; allocates nothing.</summary>
    public void Run(in Bases bases, CancellationToken cancellation)
    {
        foreach (Launch launch in _launches)
        {
            cancellation.ThrowIfCancellationRequested();
            launch.Run(bases, cancellation);
        }
    }
}
