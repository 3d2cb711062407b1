namespace IlgpuDiffusion.Text;

/// <summary>A tokenizer that was read, or one of the program's own, which is unpacked on a thread beside while a model's other files are opened: its size is known before.</summary>
/// <typeparam name="T">The tokenizer.</typeparam>
internal sealed class TokenizerLoad<T>
{
    private readonly Task<T> _loading;

    private TokenizerLoad(Task<T> loading, int size) => (_loading, VocabularySize) = (loading, size);

    /// <summary>The number of rows that the embedding of token ids must have.</summary>
    public int VocabularySize { get; }

    /// <summary>The tokenizer; waits for it.</summary>
    public T Tokenizer => _loading.GetAwaiter().GetResult();

    /// <summary>One that was read.</summary>
    public static TokenizerLoad<T> Of(T tokenizer, int size) => new(Task.FromResult(tokenizer), size);

    /// <summary>Begins to unpack one.</summary>
    public static TokenizerLoad<T> Beside(Func<T> unpack, int size) => new(Task.Run(unpack), size);
}
