using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Costs;

/// <summary>What was measured once and is kept for later: files of JSON in a folder of the user's. What cannot be read there is measured again, what cannot be written is not kept.</summary>
/// <param name="folder">The folder, or null for the user's own.</param>
internal sealed class UserCache(string? folder)
{
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
        where T : class
    {
        if (!Directory.Exists(Folder))
        {
            return null;
        }

        try
        {
            string file = FileOf(kind, key);
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), form()) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Keeps a value; returns whether it could be.</summary>
    public bool Write<T>(string kind, string key, T value, JsonTypeInfo<T> form)
        where T : class
    {
        try
        {
            Directory.CreateDirectory(Folder);
            AtomicFile.Write(FileOf(kind, key), stream => JsonSerializer.Serialize(stream, value, form));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string FileOf(string kind, string key) => Path.Combine(Folder, $"{kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 8))}.json");
}
