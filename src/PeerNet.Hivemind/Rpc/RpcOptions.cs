using PeerNet.Core.Wire;

namespace PeerNet.Hivemind.Rpc;

/// <summary>Limits of calls. Immutable.</summary>
public sealed record RpcOptions
{
    /// <summary>The defaults.</summary>
    public static RpcOptions Default { get; } = new();

    /// <summary>The longest that a unary call may take, finding and dialling the peer included, when the caller names no other.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a stream call waits for the next answer.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest that a handler may run for one unary call before it is cancelled.</summary>
    public TimeSpan HandlerTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The longest that a peer may take to send a request once its stream is open.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls of one method that one peer may have open; one more is reset.</summary>
    public int MaxCallsPerPeer { get; init; } = 128;

    /// <summary>Is told of every unary call, made and served, once it has ended; it must be quick. Null tells nobody.</summary>
    public Action<UnaryTrace>? Traced { get; init; }

    /// <summary>The most bytes of one message of a stream call.</summary>
    public int MaxStreamMessageBytes { get; init; } = RpcProtocol.DefaultMaxStreamMessageBytes;
}
