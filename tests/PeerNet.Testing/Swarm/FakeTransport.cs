using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Testing.Swarm;

/// <summary>
/// Makes connections through a <see cref="FakeNetwork"/>. It trusts everybody: that the peer is the one that was dialled is for the swarm to
/// check. Addresses with a circuit make limited connections.
/// </summary>
public sealed class FakeTransport(FakeNetwork network, PrivateKey identity, TimeProvider time, IPAddress? host = null) : ITransport
{
    private readonly IPAddress _host = host ?? IPAddress.Loopback;

    public string Name => "fake";

    public bool CanDial(Multiaddress address) => address.GetTransport() is MultiaddressTransport.Tcp or MultiaddressTransport.QuicV1 or MultiaddressTransport.Circuit;

    public bool CanListen(Multiaddress address) => CanDial(address);

    public async ValueTask<MuxedConnection> DialAsync(Multiaddress address, TransportDial dial, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(dial);
        network.Dials.Enqueue(new FakeDial(address, time.GetInstant(), dial.ReusePort, dial.IsInitiator));
        network.Enter();
        try
        {
            var route = network.RouteOf(address);
            if (route == FakeRoute.BlackHole)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).ConfigureAwait(false);
            if (route == FakeRoute.NoNetwork)
                throw new SocketException((int)SocketError.NetworkUnreachable);
            if (route == FakeRoute.SimultaneousOpen && dial.ReusePort)
                throw new HandshakeException(HandshakeFailure.Malformed, "Two initiators met.");
            if (route == FakeRoute.BrokenHandshake)
                throw new HandshakeException(HandshakeFailure.Malformed, "That is no handshake.");
            token.ThrowIfCancellationRequested();
            return Connect(address, dial);
        }
        catch
        {
            dial.Scope.Dispose();
            throw;
        }
        finally
        {
            network.Leave();
        }
    }

    public ValueTask<ITransportListener> ListenAsync(Multiaddress address, IInboundAdmission admission, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.TryGetPort(out var port) && port == 0)
        {
            port = network.NextPort();
            address = Multiaddress.Parse(address.ToString().Replace("/0", $"/{port}", StringComparison.Ordinal));
        }

        var listener = new FakeListener(network, address, identity, admission);
        network.Add(address, listener);
        return new ValueTask<ITransportListener>(listener);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private FakeMuxedConnection Connect(Multiaddress address, TransportDial dial)
    {
        var listener = network.Find(address) ?? throw new SocketException((int)SocketError.ConnectionRefused);
        var local = Multiaddress.FromIPEndPoint(new IPEndPoint(_host, network.NextPort()), ProtocolType.Tcp);
        var scope = listener.Admission.Admit(address, local) ?? throw new SocketException((int)SocketError.ConnectionReset);
        var limited = address.IsCircuit();
        var outbound = new FakeMuxedConnection(Describe(local, address, identity, listener.Identity, Direction.Outbound, limited), dial.Scope);
        var inbound = new FakeMuxedConnection(Describe(address, limited ? address : local, listener.Identity, identity, Direction.Inbound, limited), scope);
        FakeMuxedConnection.Connect(outbound, inbound);
        network.Pairs.Enqueue((outbound, inbound));
        listener.Accepted.Writer.TryWrite(inbound);
        return outbound;
    }

    private static ConnectionDescription Describe(Multiaddress local, Multiaddress remote, PrivateKey own, PrivateKey other, Direction direction, bool limited) => new()
    {
        LocalAddress = local,
        RemoteAddress = remote,
        LocalPeer = own.PeerId,
        RemoteKey = other.PublicKey,
        Direction = direction,
        Transport = "fake",
        Security = "/fake",
        Muxer = "/fake",
        IsLimited = limited,
    };
}

/// <summary>A listener of a <see cref="FakeTransport"/>.</summary>
public sealed class FakeListener(FakeNetwork network, Multiaddress address, PrivateKey identity, IInboundAdmission admission) : ITransportListener
{
    public Multiaddress Address => address;

    /// <summary>Who answers here.</summary>
    public PrivateKey Identity => identity;

    internal IInboundAdmission Admission => admission;

    internal Channel<MuxedConnection> Accepted { get; } = Channel.CreateBounded<MuxedConnection>(1024);

    public async ValueTask<MuxedConnection?> AcceptAsync(CancellationToken token = default)
    {
        while (await Accepted.Reader.WaitToReadAsync(token).ConfigureAwait(false))
        {
            if (Accepted.Reader.TryRead(out var connection))
                return connection;
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        network.Remove(address);
        Accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
