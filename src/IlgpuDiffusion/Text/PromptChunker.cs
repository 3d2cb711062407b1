namespace IlgpuDiffusion.Text;

/// <summary>Makes chunks of 75 tokens between begin and end token, as stable-diffusion-webui does; a prompt may have any number of them.</summary>
internal sealed class PromptChunker
{
    /// <summary>The number of text tokens in a chunk.</summary>
    public const int ChunkLength = ClipTokenizer.ContextLength - 2;

    /// <summary>The most chunks that a prompt may have: attention to a text costs memory in every layer and evaluation, so one given by mistake is refused.</summary>
    public const int MostChunks = 64;

    private readonly ClipTokenizer _tokenizer;

    private readonly PromptOptions _options;

    private readonly int _comma;

    /// <summary>Chunks prompts with a tokenizer and options; the defaults are stable-diffusion-webui's.</summary>
    public PromptChunker(ClipTokenizer tokenizer, PromptOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        _options = options ?? new PromptOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(_options.CommaBacktrack);
        _comma = tokenizer.IdOf("," + BytePairs.WordEnd) ?? -1;
    }

    /// <summary>A prompt's chunks, at least one.</summary>
    /// <exception cref="FormatException">A weight in the prompt is not a number, or it is too long.</exception>
    public PromptTokens Chunk(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (_options.Syntax == PromptSyntax.Plain)
        {
            int dropped = Math.Max(_tokenizer.Encode(prompt).Length - ChunkLength, 0);
            return new PromptTokens([new TokenChunk(_tokenizer.EncodePadded(prompt), Ones())]) { Dropped = dropped };
        }

        Filling filling = new(this);
        foreach (PromptPart part in PromptParser.Parse(prompt))
        {
            if (part.IsBreak)
            {
                filling.Close();
                continue;
            }

            foreach (int id in _tokenizer.Encode(part.Text))
            {
                filling.Keep(_tokenizer.Length(id));
                filling.Add(id, (float)part.Weight);
            }
        }

        return new PromptTokens(filling.Finish());
    }

    /// <summary>Appends empty chunks up to a number of chunks.</summary>
    public PromptTokens Extend(PromptTokens prompt, int chunks)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return prompt.Chunks.Count >= chunks
            ? prompt
            : prompt with { Chunks = [.. prompt.Chunks, .. Enumerable.Range(prompt.Chunks.Count, chunks - prompt.Chunks.Count).Select(_ => Complete([], []))] };
    }

    private static float[] Ones()
    {
        float[] ones = new float[ClipTokenizer.ContextLength];
        Array.Fill(ones, 1f);
        return ones;
    }

    private TokenChunk Complete(List<int> tokens, List<float> tokenWeights)
    {
        int[] ids = new int[ClipTokenizer.ContextLength];
        float[] weights = Ones();
        Array.Fill(ids, _tokenizer.EosId);
        ids[0] = _tokenizer.BosId;
        tokens.CopyTo(ids, 1);
        tokenWeights.CopyTo(weights, 1);

        if (_tokenizer.PadId != _tokenizer.EosId)
        {
            // All behind the first end token is padding, even where the text itself holds that token: so the reference has it.
            ids.AsSpan(Array.IndexOf(ids, _tokenizer.EosId) + 1).Fill(_tokenizer.PadId);
        }

        return new TokenChunk(ids, weights);
    }

    /// <summary>The chunk being filled, and those done.</summary>
    private sealed class Filling(PromptChunker chunker)
    {
        private readonly List<TokenChunk> _chunks = [];

        private readonly List<int> _ids = [];

        private readonly List<float> _weights = [];

        private int _lastComma = -1;

        public void Add(int id, float weight)
        {
            if (id == chunker._comma)
            {
                _lastComma = _ids.Count;
            }
            else if (_ids.Count == ChunkLength && _lastComma >= 0 && _ids.Count - _lastComma <= chunker._options.CommaBacktrack)
            {
                MoveOnFrom(_lastComma + 1);
            }

            if (_ids.Count == ChunkLength)
            {
                Close();
            }

            _ids.Add(id);
            _weights.Add(weight);
        }

        /// <summary>Begins another chunk where so many tokens that belong together have no room in this one.</summary>
        public void Keep(int tokens)
        {
            if (tokens > 1 && _ids.Count + tokens > ChunkLength)
            {
                Close();
            }
        }

        public void Close()
        {
            if (_chunks.Count == MostChunks)
            {
                throw new FormatException($"It is longer than {MostChunks} chunks of {ChunkLength} tokens. Shorten it.");
            }

            _chunks.Add(chunker.Complete(_ids, _weights));
            _ids.Clear();
            _weights.Clear();
            _lastComma = -1;
        }

        public List<TokenChunk> Finish()
        {
            if (_ids.Count > 0 || _chunks.Count == 0)
            {
                Close();
            }

            return _chunks;
        }

        private void MoveOnFrom(int start)
        {
            List<int> ids = _ids[start..];
            List<float> weights = _weights[start..];
            _ids.RemoveRange(start, _ids.Count - start);
            _weights.RemoveRange(start, _weights.Count - start);
            Close();
            _ids.AddRange(ids);
            _weights.AddRange(weights);
        }
    }
}
