namespace IlgpuDiffusion.Components;

/// <summary>A word that stands for learned vectors (textual inversion, Gal et al. 2022).</summary>
/// <param name="File">Where it is from.</param>
/// <param name="Word">The word.</param>
/// <param name="Vectors">Its vectors, for text encoders of one width or several.</param>
internal sealed record LearnedEmbedding(string File, string Word, IReadOnlyList<float[][]> Vectors)
{
    /// <summary>How many tokens the word takes.</summary>
    public int Count => Vectors[0].Length;

    /// <summary>The vectors for text encoders of a width, or null.</summary>
    public float[][]? Of(int channels) => Vectors.FirstOrDefault(rows => rows[0].Length == channels);
}

/// <summary>The vectors of the tokens that a request adds to a text encoder's.</summary>
/// <param name="FirstId">The id of the first of them.</param>
/// <param name="Rows">The vectors, by id from there on.</param>
internal sealed record LearnedRows(int FirstId, IReadOnlyList<float[]> Rows)
{
    /// <summary>For ids: those that the encoder's own table has (0 for others), [n]; 1 for these and 0 for others, [n]; and the others' vectors, [n, C].</summary>
    public (int[] Ids, float[] Known, float[] Vectors) Split(int[] ids, int channels)
    {
        float[] vectors = new float[ids.Length * channels];
        float[] known = new float[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            if (ids[i] < FirstId)
            {
                known[i] = 1;
            }
            else
            {
                Rows[ids[i] - FirstId].CopyTo(vectors, i * channels);
            }
        }

        return ([.. ids.Select(Own)], known, vectors);
    }

    /// <summary>An id of the encoder's own table.</summary>
    public int Own(int id) => id < FirstId ? id : 0;
}
