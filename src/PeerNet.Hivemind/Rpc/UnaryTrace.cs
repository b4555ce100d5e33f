using PeerNet.Core;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Rpc;

/// <summary>A unary call that has ended.</summary>
/// <param name="IsServed">Whether the peer called, rather than this node.</param>
/// <param name="Peer">The peer.</param>
/// <param name="Method">The method.</param>
/// <param name="Request">The request's bytes.</param>
/// <param name="Response">The answer's bytes; null when it failed.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record UnaryTrace(bool IsServed, PeerId Peer, ProtocolId Method, ReadOnlyMemory<byte> Request, ReadOnlyMemory<byte>? Response, string? Error);
