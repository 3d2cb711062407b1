using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing.Oracle;

/// <summary>What an oracle kernel does: inputs, the output, cancellation.</summary>
internal delegate void OracleBody(OracleTensor[] inputs, OracleTensor output, CancellationToken cancellation);

/// <summary>The same with several outputs.</summary>
internal delegate void OracleBodies(OracleTensor[] inputs, OracleTensor[] outputs, CancellationToken cancellation);

/// <summary>A kernel as a function of its operands.</summary>
internal sealed class OraclePrepared : Prepared
{
    private readonly TensorType[] _types;
    private readonly int _inputs;
    private readonly OracleBodies _body;

    public OraclePrepared(in Operands operands, OracleBody body)
        : this(operands, (x, y, cancellation) => body(x, y[0], cancellation))
    {
    }

    public OraclePrepared(in Operands operands, OracleBodies body)
    {
        _types = [.. operands.Inputs, .. operands.Outputs];
        (_inputs, _body) = (operands.Inputs.Length, body);
        if (_types.FirstOrDefault(type => type.Layout is not null) is { Layout: not null } packed)
        {
            throw new NotSupportedException($"The oracle reads plain rows, not {packed}.");
        }
    }

    public override Launch Bind(ReadOnlySpan<Place> places, string path)
    {
        if (places.Length != _types.Length)
        {
            throw new ArgumentException($"At '{path}': {_types.Length} operands were given {places.Length} places.", nameof(places));
        }

        for (int i = 0; i < places.Length; i++)
        {
            if (places[i].RowStride < _types[i].Shape.Channels || places[i].Type != _types[i].Type)
            {
                throw new ArgumentException($"At '{path}': operand {i}, {_types[i]}, was given {places[i]}.", nameof(places));
            }
        }

        return new OracleLaunch(path, _types, places.ToArray(), _inputs, _body);
    }

    private sealed class OracleLaunch(string path, TensorType[] types, Place[] places, int inputs, OracleBodies body) : Launch(path)
    {
        public override void Run(in Bases bases, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            OracleTensor[] tensors = new OracleTensor[places.Length];
            for (int i = 0; i < places.Length; i++)
            {
                tensors[i] = new OracleTensor(bases.Address(places[i]), types[i].Shape, places[i].RowStride, places[i].Type);
            }

            body(tensors[..inputs], tensors[inputs..], cancellation);
        }
    }
}
