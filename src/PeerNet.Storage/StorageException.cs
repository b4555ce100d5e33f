using PeerNet.Core.Errors;

namespace PeerNet.Storage;

/// <summary>The database file cannot be used; the message names it and says why.</summary>
public sealed class StorageException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public StorageException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
