namespace PeerNet.Identity;

/// <summary>Why a key file could not be read or written.</summary>
public enum KeyFileFailure
{
    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>The operating system refused or failed to read or write.</summary>
    AccessFailed,

    /// <summary>The content is in none of the known forms.</summary>
    UnknownForm,

    /// <summary>The form is known and the key in it is not usable.</summary>
    BadKey,

    /// <summary>The file names a peer id that does not belong to its key.</summary>
    PeerIdMismatch,

    /// <summary>There is a file already and it was not to be replaced.</summary>
    AlreadyExists,
}

/// <summary>A key file could not be read or written. The message names the file and, where that helps, the expected form.</summary>
public sealed class KeyFileException : Exception
{
    internal KeyFileException(KeyFileFailure reason, string file, string problem, Exception? inner = null)
        : base($"{file}: {problem}", inner)
    {
        Reason = reason;
        File = file;
    }

    /// <summary>What went wrong.</summary>
    public KeyFileFailure Reason { get; }

    /// <summary>The file, as the caller named it.</summary>
    public string File { get; }
}
