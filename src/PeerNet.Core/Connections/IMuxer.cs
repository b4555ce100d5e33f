using PeerNet.Core.Resources;

namespace PeerNet.Core.Connections;

/// <summary>Makes multiplexed connections out of secure ones. Thread-safe.</summary>
public interface IMuxer
{
    /// <summary>The protocol's id, such as <c>/yamux/1.0.0</c>.</summary>
    ProtocolId Id { get; }

    /// <summary>
    /// Starts the multiplexer. From now on the connection belongs to it, and so does the scope: both end with what is returned.
    /// </summary>
    MuxedConnection Create(SecureConnection secure, MuxerContext context);
}

/// <summary>What a multiplexer is told of its connection.</summary>
public sealed record MuxerContext
{
    /// <summary>Whether this end numbers its streams as the initiator does.</summary>
    public required bool IsInitiator { get; init; }

    /// <summary>What is known of the connection.</summary>
    public required ConnectionDescription Description { get; init; }

    /// <summary>The scope that pays for windows and buffers.</summary>
    public required IConnectionScope Scope { get; init; }

    /// <summary>The clock for keep-alives and round-trip times.</summary>
    public required TimeProvider Time { get; init; }
}
