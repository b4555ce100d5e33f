using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Testing.Streams;

/// <summary>The two ends of one negotiated stream inside this process, between two peers with fixed keys.</summary>
public sealed class PeerStreamPair
{
    /// <summary>Opens a stream that speaks <paramref name="protocol"/>.</summary>
    public PeerStreamPair(ProtocolId protocol, int windowBytes = 256 * 1024)
    {
        var (dialer, listener) = MemoryMuxedStream.CreatePair(windowBytes);
        DialerEnd = dialer;
        ListenerEnd = listener;
        Dialer = new PeerStream(dialer, protocol, Describe(DialerKey, DialerAddress, ListenerKey, ListenerAddress, Direction.Outbound));
        Listener = new PeerStream(listener, protocol, Describe(ListenerKey, ListenerAddress, DialerKey, DialerAddress, Direction.Inbound));
    }

    public static PrivateKey DialerKey { get; } = KeyOf(1);

    public static PrivateKey ListenerKey { get; } = KeyOf(2);

    public static Multiaddress DialerAddress { get; } = Multiaddress.Parse("/ip4/127.0.0.1/tcp/40001");

    public static Multiaddress ListenerAddress { get; } = Multiaddress.Parse("/ip4/127.0.0.1/tcp/4001");

    public PeerStream Dialer { get; }

    public PeerStream Listener { get; }

    public MemoryMuxedStream DialerEnd { get; }

    public MemoryMuxedStream ListenerEnd { get; }

    /// <summary>An Ed25519 key whose seed is one byte, repeated.</summary>
    public static PrivateKey KeyOf(byte seed)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Fill(seed);
        return PrivateKey.FromEd25519Seed(bytes);
    }

    private static ConnectionDescription Describe(PrivateKey local, Multiaddress localAddress, PrivateKey remote, Multiaddress remoteAddress, Direction direction) => new()
    {
        LocalAddress = localAddress,
        RemoteAddress = remoteAddress,
        LocalPeer = local.PeerId,
        RemoteKey = remote.PublicKey,
        Direction = direction,
        Transport = "memory",
        Security = "/plaintext/2.0.0",
        Muxer = "/memory",
    };
}
