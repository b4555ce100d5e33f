using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Peers;

namespace PeerNet.Swarm;

// Connecting, listening and what is connected.
public sealed partial class SwarmHost
{
    /// <summary>All open connections.</summary>
    public IReadOnlyList<PeerConnection> Connections => _table.Snapshot();

    /// <summary>Number of open connections.</summary>
    public int ConnectionCount => _table.Count;

    /// <summary>Bound addresses, those that mean every interface expanded to the interfaces there are.</summary>
    public IReadOnlyList<Multiaddress> ListenAddresses => _addresses.Listening;

    /// <summary>
    /// Addresses that others are told: the announced ones where those are set, else the listen addresses, those confirmed from outside and
    /// those that enough observers agree on, without networks that are not to be announced. Filter for a peer with
    /// <see cref="Listening.AddressRules.ForPeerAt"/>.
    /// </summary>
    public IReadOnlyList<Multiaddress> AdvertisedAddresses => _addresses.Advertised;

    /// <summary>The open connections to a peer, the oldest first.</summary>
    public IReadOnlyList<PeerConnection> GetConnections(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return _table.Of(peer);
    }

    /// <summary>The connection that a new stream to a peer would use; null when there is none.</summary>
    public PeerConnection? GetConnection(PeerId peer, bool allowLimited = true)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return _table.Best(peer, allowLimited);
    }

    /// <summary>The connection that a stream belongs to; null when it has ended.</summary>
    public PeerConnection? GetConnection(PeerStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        foreach (var connection in _table.Of(stream.Peer))
        {
            if (ReferenceEquals(connection.Description, stream.Connection))
                return connection;
        }

        return null;
    }

    /// <summary>Whether there is a connection to a peer.</summary>
    public bool IsConnected(PeerId peer, bool allowLimited = true) => GetConnection(peer, allowLimited) is not null;

    /// <summary>
    /// Connects to a peer, or returns the connection there is. Callers that want the same peer share one dial; cancelling ends the wait, and
    /// the dial only when nobody else waits for it.
    /// </summary>
    /// <exception cref="DialException">The peer was not reached; its attempts tell what became of each address.</exception>
    public async ValueTask<PeerConnection> ConnectAsync(PeerId peer, ConnectOptions? options = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        options ??= ConnectOptions.Default;
        if (options.Addresses.Count > 0)
            PeerStore.AddAddresses(peer, options.Addresses, AddressTtl.Temporary, AddressSource.Manual);
        if (!options.Force && _table.Best(peer, options.AllowLimited) is { } connection)
            return connection;
        return await _dialer.DialAsync(peer, options, token).ConfigureAwait(false);
    }

    /// <summary>
    /// Connects to the peer that an address names at its end. An address without a peer's id is dialled as it is and whoever answers is taken:
    /// only for tools that ask who is there.
    /// </summary>
    /// <exception cref="DialException">The peer was not reached.</exception>
    public async ValueTask<PeerConnection> ConnectAsync(Multiaddress address, ConnectOptions? options = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        options ??= ConnectOptions.Default;
        options = options with { Addresses = [.. options.Addresses, address] };
        if (address.TryGetPeerId(out var peer))
            return await ConnectAsync(peer, options, token).ConfigureAwait(false);
        return await _dialer.DialAsync(null, options with { OnlyTheseAddresses = true }, token).ConfigureAwait(false);
    }

    /// <summary>Closes all connections to a peer.</summary>
    public async ValueTask DisconnectAsync(PeerId peer, CancellationToken token = default)
    {
        foreach (var connection in GetConnections(peer))
            await connection.CloseAsync(ErrorCodes.None, token).ConfigureAwait(false);
    }

    /// <summary>Listens on an address.</summary>
    /// <returns>The bound address, its port resolved; an unspecified IP address stays as it is.</returns>
    /// <exception cref="NotSupportedException">No transport listens on addresses of that shape.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    public Task<Multiaddress> ListenAsync(Multiaddress address, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _listeners.ListenAsync(address, token);
    }

    /// <summary>Stops listening on an address that <see cref="ListenAsync"/> returned. Connections that came through it stay.</summary>
    /// <returns>False when the node does not listen on it.</returns>
    public Task<bool> StopListeningAsync(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _listeners.StopAsync(address);
    }
}
