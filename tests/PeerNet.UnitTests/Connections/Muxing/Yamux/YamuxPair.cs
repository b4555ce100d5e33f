using PeerNet.Connections.Muxing.Yamux;
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
        => new(secure, MemoryConnections.Describe(secure, direction, YamuxProtocol.Id), scope ?? UnlimitedResources.Connection, options, time);
}
