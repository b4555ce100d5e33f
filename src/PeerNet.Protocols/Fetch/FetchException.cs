using PeerNet.Core.Errors;

namespace PeerNet.Protocols.Fetch;

/// <summary>A peer answered a fetch with an error of its own. An absent key is no error.</summary>
public sealed class FetchException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public FetchException(string message)
        : base(message)
    {
    }
}
