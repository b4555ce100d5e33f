using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm.Events;

namespace PeerNet.Protocols.Kad.Serving;

/// <summary>What comes of a request.</summary>
/// <param name="Answer">The answer; null when there is none.</param>
/// <param name="Refusal">A short word for metrics when the stream is to be reset, which is the protocol's only way to say no; null otherwise.</param>
/// <param name="Misbehaviour">The peer's fault, where it is one; null otherwise.</param>
internal readonly record struct KadReply(KadMessage? Answer, string? Refusal, Misbehaviour? Misbehaviour)
{
    /// <summary>Nothing is said; the next request may come.</summary>
    public static KadReply None => default;

    public static KadReply Of(KadMessage answer) => new(answer, null, null);

    /// <summary>The request cannot be met, and that is nobody's fault.</summary>
    public static KadReply Refuse(string refusal) => new(null, refusal, null);

    /// <summary>The request breaks the protocol.</summary>
    public static KadReply Fault(string protocol, string kind, string detail) => new(null, kind, new Misbehaviour(protocol, kind, detail));
}
