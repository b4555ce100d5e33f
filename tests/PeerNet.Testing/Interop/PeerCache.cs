using System.Security.Cryptography;
using System.Text;

namespace PeerNet.Testing.Interop;

/// <summary>
/// Installed peers, kept outside the source tree: one folder per version, made once. Test processes that run
/// side by side wait for each other; a folder without its marker was not finished and is made again.
/// </summary>
public static class PeerCache
{
    private const string Marker = ".complete";

    /// <summary>Longer than the slowest installation takes on a slow line (hivemind's Debian packages).</summary>
    private static readonly TimeSpan LockDeadline = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(100);

    private static string Root => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "peernet", "interop");

    /// <summary>The folder of that name, filled by <paramref name="fill"/> unless it already was.</summary>
    /// <exception cref="PeerAbsentException">It could not be filled.</exception>
    public static async Task<string> FolderAsync(string name, Func<string, Task> fill)
    {
        var folder = Path.Combine(Root, name);
        var marker = Path.Combine(folder, Marker);
        if (File.Exists(marker))
            return folder;

        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        await using var held = await LockAsync(folder + ".lock");
        if (File.Exists(marker))
            return folder;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        await fill(folder);
        await File.WriteAllTextAsync(marker, "");
        return folder;
    }

    /// <summary>A short digest over the names and contents of files and of all files in folders, relative to <paramref name="root"/>.</summary>
    public static string Digest(string root, params IEnumerable<string> names)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files(root, names))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file + "\0"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(Path.Combine(root, file))));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>Copies files and folders from one root to another.</summary>
    public static void Copy(string from, string to, params IEnumerable<string> names)
    {
        foreach (var file in Files(from, names))
        {
            var target = Path.Combine(to, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(from, file), target, overwrite: true);
        }
    }

    private static IEnumerable<string> Files(string root, IEnumerable<string> names) => names
        .SelectMany(name => Directory.Exists(Path.Combine(root, name))
            ? Directory.EnumerateFiles(Path.Combine(root, name), "*", SearchOption.AllDirectories)
            : [Path.Combine(root, name)])
        .Select(path => Path.GetRelativePath(root, path))
        .Order(StringComparer.Ordinal);

    private static async Task<FileStream> LockAsync(string path)
    {
        using var deadline = new CancellationTokenSource(LockDeadline);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (!deadline.IsCancellationRequested)
            {
                await Task.Delay(LockPoll);
            }
        }
    }
}
