using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Perf;
using PeerNet.Protocols.Ping;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Trimming;

namespace PeerNet;

/// <summary>
/// Options of the parts that a node is made of, below what a user can configure: for programs that measure and test the parts. Where a
/// user's option concerns the same thing, the user's wins.
/// </summary>
internal sealed record ComponentOptions
{
    public YamuxOptions Yamux { get; init; } = new();

    public TcpOptions Tcp { get; init; } = new();

    public IdentifyOptions Identify { get; init; } = new();

    public PingOptions Ping { get; init; } = new();

    public PerfOptions Perf { get; init; } = new();

    public ListenOptions Listening { get; init; } = new();

    public ConnectionManagerOptions Connections { get; init; } = new();
}
