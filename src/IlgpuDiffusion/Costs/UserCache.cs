using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Costs;

/// <summary>What was measured once and is kept for later: files of JSON in a folder of the user's. What cannot be read there, or is damaged, is measured again, what cannot be written is not kept.</summary>
/// <param name="folder">The folder, or null for the user's own.</param>
internal sealed class UserCache(string? folder)
{
    // Writing takes some milliseconds.
    private const int MostWaits = 400, Wait = 5;

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder ?? Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "ilgpu-diffusion");

    /// <summary>The version of this program, which what is kept is tied to.</summary>
    public static string Version { get; } = typeof(UserCache).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>Whether anything of a kind may be kept, under any key.</summary>
    public bool Holds(string kind)
    {
        try
        {
            return Directory.Exists(Folder) && Directory.EnumerateFiles(Folder, $"{kind}-*.json").Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>What is kept of a kind under a key, or null.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="key">The key.</param>
    /// <param name="form">Its form as JSON, made where something is kept: it takes longer than looking whether there is.</param>
    public T? Read<T>(string kind, string key, Func<JsonTypeInfo<T>> form)
        where T : class, ISound
    {
        if (!Directory.Exists(Folder))
        {
            return null;
        }

        try
        {
            string file = FileOf(kind, key);
            return File.Exists(file) && JsonSerializer.Deserialize(File.ReadAllText(file), form()) is { IsSound: true } kept ? kept : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Changes what is kept: reads it, and puts the result in its place, whole. Programs that do so at the same time wait for each other, so that none loses what another has written.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="key">The key.</param>
    /// <param name="change">Makes of what is kept, or null, what is to be; null leaves it. It is called once, whether or not its result can be written.</param>
    /// <param name="form">Its form as JSON.</param>
    /// <returns>Whether what is to be is kept.</returns>
    public bool Update<T>(string kind, string key, Func<T?, T?> change, JsonTypeInfo<T> form)
        where T : class, ISound
    {
        using FileStream? turn = Turn();
        if (change(Read(kind, key, () => form)) is not { } value)
        {
            return true;
        }

        try
        {
            if (turn is not null)
            {
                AtomicFile.Write(FileOf(kind, key), stream => JsonSerializer.Serialize(stream, value, form));
            }

            return turn is not null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Forgets what is kept of a kind under a key.</summary>
    public void Delete(string kind, string key)
    {
        try
        {
            File.Delete(FileOf(kind, key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody asks for it again.
        }
    }

    /// <summary>Throws, before anything is measured, where nothing could be kept.</summary>
    /// <exception cref="IOException">The message names the folder and says what to do.</exception>
    public void CheckWritable()
    {
        try
        {
            Directory.CreateDirectory(Folder);
            AtomicFile.CheckWritable(FileOf("check", ""));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotKept("Nothing that is measured could be kept", e);
        }
    }

    /// <summary>What is thrown where something cannot be kept.</summary>
    /// <param name="what">The begin of the message.</param>
    /// <param name="inner">Why, if that is known.</param>
    public IOException NotKept(string what, Exception? inner = null) =>
        new($"{what}: the folder '{Folder}' cannot be made or written to{(inner is null ? " now (it may be full, or held by another program)" : "")}. Make it writable, or name another (XDG_CACHE_HOME, or PipelineOptions.CacheFolder).", inner);

    // Held until it is disposed of, or its program ends; null where nothing can be written, or another does not give it back.
    private FileStream? Turn()
    {
        for (int i = 0; ; i++)
        {
            try
            {
                Directory.CreateDirectory(Folder);
                return new FileStream(Path.Combine(Folder, "lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (e is not IOException || i == MostWaits || !File.Exists(Path.Combine(Folder, "lock")))
                {
                    return null;
                }

                Thread.Sleep(Wait);
            }
        }
    }

    private string FileOf(string kind, string key) => Path.Combine(Folder, $"{kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 8))}.json");
}

/// <summary>What a file of the cache holds.</summary>
internal interface ISound
{
    /// <summary>Whether its numbers can be gone by; those of a damaged file may be anything.</summary>
    bool IsSound { get; }
}
