using System.Net;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Resolution;

/// <summary>Asks name servers. A name without records of the wanted kind is an empty answer, not an error. Thread-safe.</summary>
public interface IDnsLookup
{
    /// <summary>Addresses of a host: A records, AAAA records.</summary>
    /// <exception cref="NameResolutionException">No name server gave an answer.</exception>
    ValueTask<IReadOnlyList<IPAddress>> GetAddressesAsync(string host, bool v4, bool v6, CancellationToken token = default);

    /// <summary>TXT records of a name, each with its character-strings joined.</summary>
    /// <exception cref="NameResolutionException">No name server gave an answer.</exception>
    ValueTask<IReadOnlyList<string>> GetTextsAsync(string name, CancellationToken token = default);
}
