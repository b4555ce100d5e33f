using System.Security.Cryptography;

namespace PeerNet.Identity.Files;

/// <summary>
/// Replaces or creates a file in one step: the content goes to a temporary neighbour, reaches the disk, and only then
/// gets the name. What a killed process leaves behind is at most that neighbour, unreadable for others.
/// </summary>
internal static class AtomicFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>False if the file exists and is not to be replaced.</summary>
    public static bool Write(string path, ReadOnlySpan<byte> content, bool overwrite)
    {
        // The rename would replace a link, and with it the wish to have the file elsewhere.
        var target = new FileInfo(path).LinkTarget is null
            ? Path.GetFullPath(path)
            : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        var folder = Path.GetDirectoryName(target)!;
        CreateFolder(folder);

        var temporary = Path.Combine(folder, $".{Path.GetFileName(target)}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}.tmp");
        try
        {
            WriteTemporary(temporary, content);
            if (overwrite)
                File.Move(temporary, target, overwrite: true);
            else if (!TryMoveToNewName(temporary, target))
                return false;
        }
        finally
        {
            File.Delete(temporary);
        }

        if (!OperatingSystem.IsWindows())
            UnixFile.SyncFolder(folder);
        return true;
    }

    private static void WriteTemporary(string path, ReadOnlySpan<byte> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var stream = new FileStream(path, options);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Renaming on Unix replaces silently, linking does not; file systems without links leave only a check beforehand.</summary>
    private static bool TryMoveToNewName(string temporary, string target)
    {
        if (!OperatingSystem.IsWindows())
        {
            var linked = UnixFile.TryLink(temporary, target);
            if (linked is not null)
                return linked.Value;
        }

        try
        {
            File.Move(temporary, target, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(target))
        {
            return false;
        }
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
    }
}
