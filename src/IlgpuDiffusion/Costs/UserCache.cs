using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Costs;

/// <summary>
/// What was measured once and is kept for later: files of JSON in a folder of the user's. What cannot be read there, or is damaged, is measured again; what cannot be written is not kept. Several processes may keep at
/// the same time.
/// </summary>
/// <param name="folder">The folder, or null for the user's own.</param>
internal sealed class UserCache(string? folder)
{
    private const int MostTries = 200;
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(10);

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

    /// <summary>Keeps what comes of what is kept, which may be nothing; returns whether it could be.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="key">The key.</param>
    /// <param name="change">What is to be kept, of what another process may have kept meanwhile.</param>
    /// <param name="form">Its form as JSON.</param>
    public bool Update<T>(string kind, string key, Func<T?, T> change, JsonTypeInfo<T> form)
        where T : class, ISound
    {
        try
        {
            Directory.CreateDirectory(Folder);
            using FileStream? turn = Turn();
            T value = change(Read(kind, key, () => form));
            AtomicFile.Write(FileOf(kind, key), stream => JsonSerializer.Serialize(stream, value, form));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
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
            throw new IOException($"Nothing that is measured could be kept: the folder '{Folder}' cannot be made or written to. Make it writable, or name another (XDG_CACHE_HOME, or PipelineOptions.CacheFolder).", e);
        }
    }

    // Whoever holds the file reads and writes; that takes milliseconds. Where it cannot be had, the last one wins.
    private FileStream? Turn()
    {
        string file = Path.Combine(Folder, ".lock");
        for (int i = 0; i < MostTries; i++)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(file))
            {
                Thread.Sleep(TryAgain);
            }
        }

        return null;
    }

    private string FileOf(string kind, string key) => Path.Combine(Folder, $"{kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 8))}.json");
}

/// <summary>What a file of the cache holds.</summary>
internal interface ISound
{
    /// <summary>Whether its numbers can be gone by; those of a damaged file may be anything.</summary>
    bool IsSound { get; }
}
