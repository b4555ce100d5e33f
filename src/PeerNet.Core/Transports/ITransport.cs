using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Core.Transports;

/// <summary>
/// Makes authenticated, multiplexed connections. Raw transports get there through the upgrade ladder (see <see cref="IRawTransport"/>);
/// QUIC and circuits are this at once. Thread-safe.
/// </summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>The transport's name, such as <c>tcp</c>.</summary>
    string Name { get; }

    /// <summary>Whether this transport dials addresses of that shape (names resolved, no trailing peer id).</summary>
    bool CanDial(Multiaddress address);

    /// <summary>Whether this transport listens on addresses of that shape.</summary>
    bool CanListen(Multiaddress address);

    /// <summary>Dials one address and upgrades the connection.</summary>
    /// <exception cref="Errors.HandshakeException">Not secured, or another peer answered.</exception>
    /// <exception cref="Errors.NegotiationException">No common security or multiplexer.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The transport could not connect.</exception>
    ValueTask<MuxedConnection> DialAsync(Multiaddress address, TransportDial dial, CancellationToken token = default);

    /// <summary>Listens on one address. Inbound connections are admitted by <paramref name="admission"/> before a byte is read from them.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    ValueTask<ITransportListener> ListenAsync(Multiaddress address, IInboundAdmission admission, CancellationToken token = default);
}

/// <summary>One dial of one address.</summary>
public sealed record TransportDial
{
    /// <summary>The peer that must answer; null accepts any (only for tools that ask who is there).</summary>
    public PeerId? ExpectedPeer { get; init; }

    /// <summary>The scope that pays for the connection; it is disposed with the connection, and when the dial fails.</summary>
    public required IConnectionScope Scope { get; init; }

    /// <summary>
    /// Whether this end plays the initiator in the handshake and in the multiplexer. False only for the peer that a hole punch makes the
    /// server although it dialled.
    /// </summary>
    public bool IsInitiator { get; init; } = true;

    /// <summary>Whether to dial from a listening port where one fits. Off for the retry after both sides dialled at once.</summary>
    public bool ReusePort { get; init; } = true;
}

/// <summary>A listening address.</summary>
public interface ITransportListener : IAsyncDisposable
{
    /// <summary>The address that is bound, its port resolved; unspecified addresses stay as they are.</summary>
    Multiaddress Address { get; }

    /// <summary>The next upgraded inbound connection; null once the listener is closed. Connections that fail on the way up are not seen here.</summary>
    ValueTask<MuxedConnection?> AcceptAsync(CancellationToken token = default);
}

/// <summary>Decides over inbound connections before their first byte, and hears how their upgrade went.</summary>
public interface IInboundAdmission
{
    /// <summary>Opens a scope for a connection that was just accepted by the operating system; null refuses it.</summary>
    IConnectionScope? Admit(Multiaddress local, Multiaddress remote);

    /// <summary>An admitted connection did not come up; its scope is disposed already.</summary>
    void UpgradeFailed(Multiaddress local, Multiaddress remote, Exception error);
}

/// <summary>Makes raw connections: the lowest floor of TCP, WebSocket and memory. Thread-safe.</summary>
public interface IRawTransport : IAsyncDisposable
{
    /// <summary>The transport's name, such as <c>tcp</c>.</summary>
    string Name { get; }

    /// <summary>Whether a connection holds a file descriptor.</summary>
    bool UsesFileDescriptors { get; }

    /// <summary>Whether this transport dials addresses of that shape.</summary>
    bool CanDial(Multiaddress address);

    /// <summary>Whether this transport listens on addresses of that shape.</summary>
    bool CanListen(Multiaddress address);

    /// <summary>Connects.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The transport could not connect.</exception>
    ValueTask<RawConnection> DialAsync(Multiaddress address, bool reusePort, CancellationToken token = default);

    /// <summary>Listens.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    ValueTask<IRawListener> ListenAsync(Multiaddress address, CancellationToken token = default);
}

/// <summary>A listening raw transport.</summary>
public interface IRawListener : IAsyncDisposable
{
    /// <summary>The address that is bound, its port resolved; unspecified addresses stay as they are.</summary>
    Multiaddress Address { get; }

    /// <summary>
    /// The next connection, as the operating system accepted it; null once the listener is closed. What the transport itself must exchange
    /// before bytes flow (TLS and the HTTP upgrade of a WebSocket) waits until <see cref="IRawInbound.OpenAsync"/>, so that one slow peer
    /// does not hold up the next.
    /// </summary>
    ValueTask<IRawInbound?> AcceptAsync(CancellationToken token = default);
}

/// <summary>A connection that the operating system has accepted and nobody has read from.</summary>
public interface IRawInbound : IAsyncDisposable
{
    /// <summary>This end.</summary>
    Multiaddress LocalAddress { get; }

    /// <summary>The other end.</summary>
    Multiaddress RemoteAddress { get; }

    /// <summary>Does the transport's own opening exchange, if it has one.</summary>
    ValueTask<RawConnection> OpenAsync(CancellationToken token = default);
}
