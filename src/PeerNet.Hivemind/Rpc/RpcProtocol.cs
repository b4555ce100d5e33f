using PeerNet.Core;

namespace PeerNet.Hivemind.Rpc;

/// <summary>Names, framing constants and limits of Hivemind's calls.</summary>
public static class RpcProtocol
{
    // Specification (go-libp2p-daemon persistent_stream.go, hivemind/p2p/p2p_daemon.py).

    /// <summary>The most bytes that the envelope of a unary call may have, its own fields included. A daemon abandons a longer one.</summary>
    public const int MaxEnvelopeBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of a call's id.</summary>
    public const int CallIdBytes = 16;

    /// <summary>A frame of a stream call that carries a message.</summary>
    internal const byte MessageMarker = 0;

    /// <summary>A frame that ends the requests, or tells the client of a failure.</summary>
    internal const byte ErrorMarker = 1;

    /// <summary>Marker and length of a frame.</summary>
    internal const int FrameHeaderBytes = 9;

    // Implementation limits.

    /// <summary>The most bytes of one message of a stream call: parts of tensors are cut at 4 MiB, and metadata comes with them.</summary>
    public const int DefaultMaxStreamMessageBytes = 16 * 1024 * 1024;

    /// <summary>Requests of a stream call that are read ahead of their handler: as many as a Python servicer reads.</summary>
    internal const int MaxPrefetchedRequests = 5;

    /// <summary>The longest error text sent or kept: what a person reads.</summary>
    internal const int MaxErrorBytes = 4096;

    /// <summary>
    /// The name of a method: <c>Class.method</c>, or <c>namespace::Class.method</c>. It has no leading slash and is compared byte for byte.
    /// </summary>
    public static ProtocolId NameOf(string className, string method, string? nameSpace = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(className);
        ArgumentException.ThrowIfNullOrEmpty(method);
        return nameSpace is null ? $"{className}.{method}" : $"{nameSpace}::{className}.{method}";
    }
}
