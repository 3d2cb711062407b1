namespace IlgpuDiffusion.Imaging;

/// <summary>Writes a file whole or not at all: to a temporary name in the same folder, flushed to the disk, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Writes or replaces a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content; when it throws, nothing is left behind.</param>
    /// <param name="replace">Whether a file of that name may be replaced; if not, one that is there is an error.</param>
    /// <exception cref="IOException">The file cannot be written; the message names it and says why.</exception>
    public static void Write(string path, Action<Stream> write, bool replace = true)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        if (SpecialFile.Is(target))
        {
            using FileStream device = Guard(path, () => new FileStream(target, FileMode.Open, FileAccess.Write));
            Guard(path, () =>
            {
                write(device);
                device.Flush();
            });
            return;
        }

        // A link keeps pointing to its file; the file behind it is what gets replaced.
        target = Guard(path, () => BehindLink(target));
        CheckTarget(path, target);
        string temporary = TemporaryName(target);
        try
        {
            Guard(path, () =>
            {
                using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                {
                    write(stream);
                    stream.Flush(flushToDisk: true);
                }

                Publish(temporary, target, replace);
            });
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }
    }

    /// <summary>Throws, before any work is done, where <see cref="Write"/> could not create the file: no folder, no permission, a folder of that name, a name that the file system does not take.</summary>
    /// <param name="path">The file that will be written later.</param>
    /// <exception cref="IOException">The file could not be written; the message names it and says why.</exception>
    public static void CheckWritable(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string target = Path.GetFullPath(path);
        if (SpecialFile.Is(target))
        {
            return;
        }

        target = Guard(path, () => BehindLink(target));
        CheckTarget(path, target);
        string temporary = TemporaryName(target);
        try
        {
            Guard(path, () =>
            {
                new FileStream(temporary, FileMode.CreateNew, FileAccess.Write).Dispose();

                // The folder is fine; the name itself may still be too long, or not allowed.
                if (!File.Exists(target))
                {
                    new FileStream(target, FileMode.CreateNew, FileAccess.Write).Dispose();
                    File.Delete(target);
                }
            });
        }
        finally
        {
            DeleteQuietly(temporary);
        }
    }

    // File.Move looks first and renames then, so two processes could both find the name free; creating the file is what cannot succeed twice.
    private static void Publish(string temporary, string target, bool replace)
    {
        if (!replace)
        {
            new FileStream(target, FileMode.CreateNew, FileAccess.Write).Dispose();
        }

        try
        {
            File.Move(temporary, target, overwrite: true);
        }
        catch when (!replace)
        {
            DeleteQuietly(target);
            throw;
        }
    }

    private static string BehindLink(string target) =>
        new FileInfo(target).LinkTarget is null ? target : File.ResolveLinkTarget(target, returnFinalTarget: true)!.FullName;

    private static string TemporaryName(string target) => Path.Combine(Path.GetDirectoryName(target)!, $".{Guid.NewGuid():N}.tmp");

    private static void CheckTarget(string path, string target)
    {
        string? folder = Path.GetDirectoryName(target);
        if (folder is null || Directory.Exists(target))
        {
            throw new IOException($"Cannot write '{path}': it is a folder. Give a file name.");
        }

        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"Cannot write '{path}': the folder '{folder}' does not exist. Create it, or choose another output.");
        }
    }

    private static void DeleteQuietly(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report.
        }
    }

    private static void Guard(string path, Action action) => Guard(path, () =>
    {
        action();
        return true;
    });

    private static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Cannot write '{path}': no permission. Choose another output, or change the permissions of its folder.", e);
        }
        catch (PathTooLongException e)
        {
            throw new IOException($"Cannot write '{path}': the name is too long. Choose a shorter one.", e);
        }
        catch (IOException e) when (IsNoSpace(e))
        {
            throw new IOException($"Cannot write '{path}': no space left on the disk. Nothing was left half-written.", e);
        }
        catch (IOException e)
        {
            throw new IOException($"Cannot write '{path}': {e.Message}", e);
        }
    }

    // ENOSPC, EDQUOT; ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.
    private static bool IsNoSpace(IOException e) => OperatingSystem.IsWindows()
        ? (e.HResult & 0xFFFF) is 112 or 39
        : e.HResult is 28 or 122 or 69 || e.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("not enough space", StringComparison.OrdinalIgnoreCase);
}
