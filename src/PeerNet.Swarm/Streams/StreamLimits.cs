namespace PeerNet.Swarm.Streams;

/// <summary>Deadlines and bounds of streams. All of them are implementation limits.</summary>
public sealed record StreamLimits
{
    /// <summary>Opening and negotiating one stream; what go and rust allow.</summary>
    public TimeSpan NegotiationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Inbound streams of one connection that are negotiated at once; further ones wait in the multiplexer. Small against the node-wide limit
    /// of streams without a protocol, so that one peer cannot use it up.
    /// </summary>
    public int MaxNegotiatingPerConnection { get; init; } = 128;

    /// <summary>How long a stream that this node has finished with may wait for the peer to end its direction before it is reset.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
