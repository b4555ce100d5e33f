using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Security.Tls;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Connections.Transports.WebSocket;
using PeerNet.Connections.Upgrade;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.InteropTests.Connections;

/// <summary>The connections floor alone, without a swarm: dials, accepts, and serves <c>/echo/1.0.0</c>.</summary>
internal sealed class BareNode : IInboundAdmission, IAsyncDisposable
{
    public static readonly ProtocolId Echo = "/echo/1.0.0";

    private readonly PrivateKey _key;
    private readonly MultistreamNegotiator _negotiator = new();
    private readonly UpgradingTransport[] _transports;
    private readonly ConcurrentBag<IAsyncDisposable> _owned = [];
    private readonly ConcurrentQueue<string> _failures = [];

    public BareNode(string security = "noise", KeyType keyType = KeyType.Ed25519, IConnectionProtector? protector = null)
    {
        _key = PrivateKey.Generate(keyType);
        ISecurityProtocol protocol = security == "tls" ? new TlsProtocol(_key) : new NoiseProtocol(_key);
        var upgrader = new ConnectionUpgrader(_key.PeerId, [protocol], [new YamuxMuxer()], protector);
        var secure = new WebSocketOptions
        {
            AllowUntrustedCertificates = true,
            ServerCertificate = WebSocketCertificate.CreateSelfSigned(["127.0.0.1", "localhost"], TimeProvider.System.GetUtcNow()),
        };
        _transports = [new(new TcpTransport(), upgrader), new(new WebSocketTransport(secure), upgrader)];
    }

    public PeerId PeerId => _key.PeerId;

    /// <summary>What went wrong with inbound connections, for the message of a failing test.</summary>
    public string Failures => string.Join(Environment.NewLine, _failures);

    public async Task<Multiaddress> ListenAsync(string address, CancellationToken token)
    {
        var wanted = Multiaddress.Parse(address);
        var listener = await _transports.First(transport => transport.CanListen(wanted)).ListenAsync(wanted, this, token);
        _owned.Add(listener);
        _ = AcceptAsync(listener);
        return listener.Address.Encapsulate($"/p2p/{PeerId}");
    }

    public async Task<MuxedConnection> DialAsync(string address, CancellationToken token)
    {
        var full = Multiaddress.Parse(address);
        var expected = PeerId.Parse(address[(address.LastIndexOf("/p2p/", StringComparison.Ordinal) + 5)..]);
        var connection = await _transports.First(transport => transport.CanDial(full))
            .DialAsync(full, new TransportDial { ExpectedPeer = expected, Scope = UnlimitedResources.Connection }, token);
        _owned.Add(connection);
        _ = ServeAsync(connection);
        return connection;
    }

    /// <summary>Sends bytes, ends, and checks what comes back.</summary>
    public async Task EchoAsync(MuxedConnection connection, int size, bool lazily, CancellationToken token)
    {
        var opened = await connection.OpenStreamAsync(token);
        var stream = lazily ? _negotiator.NegotiateLazily(opened, Echo) : (await _negotiator.NegotiateOutboundAsync(opened, [Echo], token)).Stream;
        var bytes = RandomNumberGenerator.GetBytes(size);
        var sending = SendAsync();
        var received = new byte[size];
        for (var at = 0; at < size;)
        {
            var count = await stream.ReadAsync(received.AsMemory(at), token);
            Assert.AreNotEqual(0, count, "The echo ended too early.");
            at += count;
        }

        await sending;
        Assert.AreEqual(0, await stream.ReadAsync(new byte[1], token));
        CollectionAssert.AreEqual(bytes, received);

        async Task SendAsync()
        {
            await stream.WriteAsync(bytes, token);
            await stream.CloseWriteAsync(token);
        }
    }

    /// <summary>Proposes protocols on a new stream.</summary>
    public async Task<ProtocolId> NegotiateAsync(MuxedConnection connection, IReadOnlyList<ProtocolId> protocols, CancellationToken token)
    {
        var stream = await connection.OpenStreamAsync(token);
        try
        {
            return (await _negotiator.NegotiateOutboundAsync(stream, protocols, token)).Protocol;
        }
        finally
        {
            stream.Reset();
        }
    }

    public MuxedStream Lazily(MuxedStream stream, ProtocolId protocol) => _negotiator.NegotiateLazily(stream, protocol);

    public IConnectionScope? Admit(Multiaddress local, Multiaddress remote) => UnlimitedResources.Connection;

    public void UpgradeFailed(Multiaddress local, Multiaddress remote, Exception error) => _failures.Enqueue($"{remote}: {error}");

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            await owned.DisposeAsync();
        foreach (var transport in _transports)
            await transport.DisposeAsync();
        _key.Dispose();
    }

    private async Task AcceptAsync(ITransportListener listener)
    {
        while (await listener.AcceptAsync() is { } connection)
        {
            _owned.Add(connection);
            _ = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(MuxedConnection connection)
    {
        while (await connection.AcceptStreamAsync() is { } stream)
            _ = HandleAsync(stream);
    }

    private async Task HandleAsync(MuxedStream stream)
    {
        try
        {
            var negotiated = (await _negotiator.NegotiateInboundAsync(stream, id => id == Echo)).Stream;
            while (true)
            {
                var slice = await negotiated.ReadSliceAsync();
                if (slice.IsEmpty)
                    break;
                await negotiated.WriteAsync(slice.Memory);
                slice.Release();
            }

            await negotiated.CloseWriteAsync();
        }
        catch (NegotiationException)
        {
            // Identify and what else the peer asks for: there is only the echo here.
            await stream.CloseWriteAsync();
        }
        catch (PeerNetException error)
        {
            _failures.Enqueue(error.Message);
        }
    }
}
