namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// softmax(scale · Q Kᵀ + bias) V per head, the softmax running on over all key segments (Vaswani et al. 2017; streamed as in Dao et al. 2022).
/// Operands: queries [B, H, W, heads·d]; if <paramref name="Tiled"/> the query tiles, I32 [1, 1, T, 4]; then for each segment
/// keys and values [R, h, w, heads·d] (R divides B; row b uses b / (B/R)), its bounds if it has them, I32 [1, 1, T, 4], its bias if it has one.
/// Tiles and bounds are rectangles (y0, y1, x0, x1), ends excluded, of the queries' and the segment's own grid; tiles partition the query grid (empty ones are allowed).
/// A query whose keys are all excluded gives 0.
/// </summary>
/// <param name="Heads">The number of heads; d = channels / heads.</param>
/// <param name="Scale">The factor of the scores, usually 1/√d.</param>
/// <param name="Causal">Query i sees keys 0..i (one segment, queries and keys of one length).</param>
/// <param name="Tiled">Whether queries come in tiles.</param>
/// <param name="Segments">The form of each key segment.</param>
internal sealed record Attention(int Heads, double Scale, bool Causal, bool Tiled, EquatableArray<SegmentForm> Segments) : Op
{
    /// <inheritdoc/>
    public override bool RowWise => true;

    /// <summary>The operand numbers of a segment; −1 for one that is not there.</summary>
    public SegmentOperands OperandsOf(int segment)
    {
        int next = Tiled ? 2 : 1;
        for (int i = 0; ; i++)
        {
            SegmentForm form = Segments[i];
            SegmentOperands operands = new(next, next + 1, form.Bounds ? next + 2 : -1, form.Bias ? next + 2 + (form.Bounds ? 1 : 0) : -1);
            if (i == segment)
            {
                return operands;
            }

            next += 2 + (form.Bounds ? 1 : 0) + (form.Bias ? 1 : 0);
        }
    }

    /// <inheritdoc/>
    public override bool IsHeavy => true;

    /// <inheritdoc/>
    public override OperandRole Role(int input)
    {
        if (input == 0)
        {
            return OperandRole.Activation;
        }

        for (int i = 0; i < Segments.Count; i++)
        {
            SegmentOperands at = OperandsOf(i);
            if (input == at.Keys || input == at.Values || input == at.Bias)
            {
                return input == at.Bias ? OperandRole.Exact : OperandRole.Activation;
            }
        }

        return OperandRole.Free;
    }

    /// <inheritdoc/>
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs)
    {
        Require(Segments.Count > 0, "needs a key segment.");
        Require(!Causal || (Segments.Count == 1 && !Tiled), "a causal mask goes with one segment and no tiles.");
        SegmentOperands last = OperandsOf(Segments.Count - 1);
        RequireInputs(inputs, 1 + Math.Max(Math.Max(last.Values, last.Bounds), last.Bias));
        Shape q = inputs[0].Shape;
        Require(Heads > 0 && q.Channels % Heads == 0, $"{q.Channels} channels do not divide into {Heads} heads.");
        Require(inputs[0].Type.IsStorage(), $"queries must be F32, F16 or BF16, not {inputs[0]}.");
        Require(!Tiled || IsTiles(inputs[1]), $"tiles must be I32 [1, 1, T, 4], not {inputs[Math.Min(1, inputs.Length - 1)]}.");
        for (int i = 0; i < Segments.Count; i++)
        {
            SegmentOperands at = OperandsOf(i);
            (Shape k, Shape v) = (inputs[at.Keys].Shape, inputs[at.Values].Shape);
            Require(k == v && k.Channels == q.Channels && q.Batch % k.Batch == 0, $"segment {i}: keys {k} and values {v} do not fit queries {q}.");
            RequireType(inputs, at.Keys, $"segment {i}: keys");
            RequireType(inputs, at.Values, $"segment {i}: values");
            Require(!Causal || k.Tokens == q.Tokens, $"a causal mask needs as many keys as queries, not {k.Tokens} and {q.Tokens}.");
            Require(at.Bounds < 0 || (Tiled && IsTiles(inputs[at.Bounds]) && inputs[at.Bounds].Shape == inputs[1].Shape), $"segment {i}: bounds need tiles of the same number.");
            Require(!Segments[i].ExcludeOwnTile || at.Bounds >= 0, $"segment {i}: excluding the own tile needs bounds.");
            if (at.Bias >= 0)
            {
                Shape bias = inputs[at.Bias].Shape;
                RequireType(inputs, at.Bias, $"segment {i}: the bias");
                Require(q.Batch % bias.Batch == 0 && (bias.Height == 1 || bias.Height == Heads) && (bias.Width == 1 || bias.Width == q.Tokens) && (bias.Channels == 1 || bias.Channels == k.Tokens),
                    $"segment {i}: the bias must be [R, 1 or {Heads}, 1 or {q.Tokens}, 1 or {k.Tokens}], not {bias}.");
            }
        }

        return [Like(inputs[0], q)];
    }

    /// <inheritdoc/>
    public override Work Work(in Operands operands)
    {
        // Where tiles bound what is seen, as if they were of one size.
        double keys = 0;
        for (int i = 0; i < Segments.Count; i++)
        {
            double all = operands.Inputs[OperandsOf(i).Keys].Shape.Tokens, own = Segments[i].Bounds ? all / operands.Inputs[1].Shape.Width : all;
            keys += Segments[i].ExcludeOwnTile ? all - own : own;
        }

        return base.Work(operands) with { Flops = (long)(4.0 * operands.Inputs[0].Shape.Count * keys) };
    }

    /// <inheritdoc/>
    public override Prepared Prepare(IKernels kernels, in Operands operands) => kernels.Attention(this, operands);

    private static bool IsTiles(TensorType type) => type.Type == ElementType.I32 && type.Shape is { Batch: 1, Height: 1, Channels: 4 };
}

/// <summary>The form of a key segment.</summary>
/// <param name="Bounds">Tile t of the queries sees only the keys in rectangle t.</param>
/// <param name="Bias">A summand of the scores, [R, 1 or heads, 1 or queries, 1 or keys]; −∞ hides a key.</param>
/// <param name="ExcludeOwnTile">Tile t sees only the keys outside rectangle t.</param>
internal readonly record struct SegmentForm(bool Bounds = false, bool Bias = false, bool ExcludeOwnTile = false);

/// <summary>The operand numbers of a key segment.</summary>
internal readonly record struct SegmentOperands(int Keys, int Values, int Bounds, int Bias);

/// <summary>Keys and values that queries look at.</summary>
/// <param name="Keys">[R, h, w, heads·d].</param>
/// <param name="Values">[R, h, w, heads·d].</param>
/// <param name="Bounds">Per tile a rectangle of the segment's grid, I32 [1, 1, T, 4].</param>
/// <param name="Bias">[R, 1 or heads, 1 or queries, 1 or keys].</param>
/// <param name="ExcludeOwnTile">Bounds say what is left out rather than what is seen.</param>
internal sealed record KeySegment(Value Keys, Value Values, Value? Bounds = null, Value? Bias = null, bool ExcludeOwnTile = false);

/// <summary><see cref="Attention"/> on values.</summary>
internal static class AttentionValues
{
    extension(Value queries)
    {
        /// <summary>Attention of these queries [B, H, W, heads·d] over key segments, with scores scaled by 1/√d unless another factor is given.</summary>
        public Value Attention(ReadOnlySpan<KeySegment> segments, int heads, Value? tiles = null, bool causal = false, string? path = null, double? scale = null)
        {
            List<Value> inputs = [queries];
            if (tiles is { } t)
            {
                inputs.Add(t);
            }

            SegmentForm[] forms = new SegmentForm[segments.Length];
            for (int i = 0; i < segments.Length; i++)
            {
                KeySegment segment = segments[i];
                forms[i] = new SegmentForm(segment.Bounds is not null, segment.Bias is not null, segment.ExcludeOwnTile);
                inputs.Add(segment.Keys);
                inputs.Add(segment.Values);
                inputs.AddRange(segment.Bounds is { } bounds ? [bounds] : []);
                inputs.AddRange(segment.Bias is { } bias ? [bias] : []);
            }

            ShapeException.Require(heads > 0, $"At '{path}': attention needs at least one head, not {heads}.");
            double factor = scale ?? (1 / Math.Sqrt((double)queries.Channels / heads));
            return queries.Graph.Apply(new Attention(heads, factor, causal, tiles is not null, new(forms)), inputs.ToArray(), path);
        }
    }
}

internal partial interface IKernels
{
    /// <summary>The kernel of <see cref="Ops.Attention"/>.</summary>
    Prepared Attention(Attention op, in Operands operands);
}
