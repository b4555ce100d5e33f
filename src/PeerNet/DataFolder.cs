using System.Runtime.Versioning;

namespace PeerNet;

/// <summary>
/// A node's folder: identity, control socket, gater rules and whatever is remembered. One process uses it at a time; the lock ends with the
/// process, however it ends.
/// </summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream lockFile)
    {
        Path = path;
        _lock = lockFile;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Where the identity is kept unless another file is named.</summary>
    public string IdentityFile => FileIn("identity.key");

    /// <summary>The socket on which a running node serves the control protocol.</summary>
    public string ControlSocket => ControlSocketIn(Path);

    /// <summary>Peers and addresses that are refused or let in.</summary>
    public string GaterFile => FileIn("gater.json");

    /// <summary>What the node remembers of peers and records.</summary>
    public string DatabaseFile => FileIn("peernet.db");

    /// <summary>The folder that the command line uses when none is named.</summary>
    public static string Default
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return System.IO.Path.Combine(home.Length > 0 ? home : System.IO.Path.GetTempPath(), "peernet");
        }
    }

    /// <summary>The control socket of the node that uses <paramref name="folder"/>.</summary>
    public static string ControlSocketIn(string folder) => System.IO.Path.Combine(folder, "control.sock");

    /// <summary>Opens the folder for this process alone, making it on demand.</summary>
    /// <exception cref="DataFolderException">It is in use, or cannot be made or written to.</exception>
    public static DataFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            Make(full);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException($"The data folder {full} cannot be made: {error.Message}", error);
        }

        try
        {
            var file = new FileStream(System.IO.Path.Combine(full, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataFolder(full, file);
        }
        catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new DataFolderException($"The data folder {full} is in use by another node: stop it, or name another folder.", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new DataFolderException($"The data folder {full} cannot be written to: {error.Message}", error);
        }
    }

    /// <summary>Full path of a file in the folder.</summary>
    public string FileIn(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Gives the folder back.</summary>
    public void Dispose() => _lock.Dispose();

    private static void Make(string full)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(full);
        else
            MakePrivate(full);
    }

    [UnsupportedOSPlatform("windows")]
    private static void MakePrivate(string full)
        => Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}

/// <summary>A data folder cannot be used; the message says which and why.</summary>
public sealed class DataFolderException : Core.Errors.PeerNetException
{
    /// <summary>Creates the error.</summary>
    public DataFolderException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
