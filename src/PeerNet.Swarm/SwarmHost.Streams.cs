using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Swarm;

// Opening and serving streams.
public sealed partial class SwarmHost
{
    /// <summary>Protocols that this node serves by name.</summary>
    public IReadOnlyCollection<ProtocolId> Protocols => _handlers.Protocols;

    /// <summary>
    /// Opens a stream to a peer, connecting first when need be. When the peer is known to serve the protocol its consent is taken for granted
    /// and nothing is waited for; a refusal then shows at the first read.
    /// </summary>
    /// <remarks>
    /// When the connection ends while the stream is being opened, as it does with peers that close idle connections, the peer is dialled once
    /// more. Cancelling resets the stream and nothing else.
    /// </remarks>
    /// <exception cref="DialException">The peer was not reached.</exception>
    /// <exception cref="LimitedConnectionException">There is only a connection over a relay with limits, and the options do not allow that.</exception>
    /// <exception cref="NegotiationException">The peer does not serve the protocol, or did not answer in time.</exception>
    /// <exception cref="ResourceLimitException">A limit of this node is reached.</exception>
    /// <exception cref="ConnectionClosedException">The connection ended, twice.</exception>
    public ValueTask<PeerStream> OpenStreamAsync(PeerId peer, ProtocolId protocol, StreamOptions? options = null, CancellationToken token = default)
        => OpenAsync(peer, protocol, null, options ?? StreamOptions.Default, token);

    /// <summary>Opens a stream that speaks the first of several protocols that the peer serves; otherwise like the overload for one.</summary>
    public ValueTask<PeerStream> OpenStreamAsync(PeerId peer, IReadOnlyList<ProtocolId> protocols, StreamOptions? options = null, CancellationToken token = default)
        => OpenAsync(peer, default, protocols, options ?? StreamOptions.Default, token);

    /// <summary>Serves a protocol. Disposing what is returned ends that; streams that are open stay.</summary>
    /// <exception cref="InvalidOperationException">The protocol is served already.</exception>
    public IDisposable Handle(ProtocolId protocol, StreamHandler handler, HandlerOptions? options = null)
        => _handlers.Add(protocol, handler, options ?? new HandlerOptions());

    /// <summary>
    /// Serves all protocols that a predicate accepts and that no handler is registered for by name. Others are not told of them.
    /// The predicate is asked on any thread and for any name that a peer sends.
    /// </summary>
    public IDisposable Handle(Func<ProtocolId, bool> match, StreamHandler handler, HandlerOptions? options = null)
        => _handlers.Add(match, handler, options ?? new HandlerOptions());

    private async ValueTask<PeerStream> OpenAsync(PeerId peer, ProtocolId protocol, IReadOnlyList<ProtocolId>? choice, StreamOptions options, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var connection = await ConnectionForStreamAsync(peer, options, token).ConfigureAwait(false);
        try
        {
            return await _opener.OpenAsync(connection, protocol, choice, options, token).ConfigureAwait(false);
        }
        catch (Exception error) when (options.DialIfNeeded && !_context.IsDraining && EndedMeanwhile(connection, error))
        {
            connection = await ConnectionForStreamAsync(peer, options, token).ConfigureAwait(false);
            return await _opener.OpenAsync(connection, protocol, choice, options, token).ConfigureAwait(false);
        }
    }

    // Nothing of the caller's was sent yet: opening once more repeats nothing.
    private static bool EndedMeanwhile(PeerConnection connection, Exception error) => error switch
    {
        ConnectionClosedException => true,
        NegotiationException { Reason: NegotiationFailure.Closed } or StreamResetException => connection.IsClosed,
        _ => false,
    };

    private ValueTask<PeerConnection> ConnectionForStreamAsync(PeerId peer, StreamOptions options, CancellationToken token)
        => _table.Best(peer, options.AllowLimited) is { } connection ? new ValueTask<PeerConnection>(connection) : FindConnectionAsync(peer, options, token);

    private async ValueTask<PeerConnection> FindConnectionAsync(PeerId peer, StreamOptions options, CancellationToken token)
    {
        var connection = _table.Best(peer, allowLimited: true);
        if (connection is null)
        {
            if (!options.DialIfNeeded)
                throw new DialException(peer, DialFailure.NoAddresses, []);
            connection = await ConnectAsync(peer, null, token).ConfigureAwait(false);
        }

        if (!connection.IsLimited || options.AllowLimited)
            return connection;
        if (options.WaitForDirect > TimeSpan.Zero)
            await WaitAsync(connection.State.DirectOrGone, options.WaitForDirect).WaitAsync(token).ConfigureAwait(false);
        return _table.Best(peer, allowLimited: false) ?? throw new LimitedConnectionException(peer);
    }
}
