using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet;

/// <summary>An address cannot be listened on; the message says which and why.</summary>
public sealed class ListenException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public ListenException(Multiaddress address, string problem, Exception? inner = null)
        : base($"Cannot listen on {address}: {problem}", inner) => Address = address;

    /// <summary>The address.</summary>
    public Multiaddress Address { get; }
}
