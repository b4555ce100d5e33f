using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>Two Yamux connections over a pipe in memory.</summary>
internal static class YamuxPair
{
    public static (YamuxConnection Dialer, YamuxConnection Listener) Create(
        PlainFraming? framing = null, YamuxOptions? options = null, TimeProvider? time = null, int capacity = 256 * 1024)
    {
        var (dialer, listener) = MemoryConnections.CreateSecurePair(framing, capacity);
        return (Start(dialer, Direction.Outbound, options, time), Start(listener, Direction.Inbound, options, time));
    }

    public static YamuxConnection Start(PlainSecureConnection secure, Direction direction, YamuxOptions? options = null, TimeProvider? time = null, IConnectionScope? scope = null)
        => (YamuxConnection)new YamuxMuxer(options).Create(secure, new MuxerContext
        {
            IsInitiator = direction == Direction.Outbound,
            Description = MemoryConnections.Describe(secure, direction, YamuxProtocol.Id),
            Scope = scope ?? UnlimitedResources.Connection,
            Time = time ?? TimeProvider.System,
        });
}
