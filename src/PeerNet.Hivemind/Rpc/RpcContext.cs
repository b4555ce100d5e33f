using PeerNet.Core;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Rpc;

/// <summary>Who calls what.</summary>
/// <param name="Peer">The caller, authenticated by its connection. What a request says of itself is not.</param>
/// <param name="Method">The method called.</param>
public sealed record RpcContext(PeerId Peer, ProtocolId Method);

/// <summary>Answers a unary call in bytes.</summary>
public delegate ValueTask<ReadOnlyMemory<byte>> UnaryHandler(RpcContext context, ReadOnlyMemory<byte> request, CancellationToken token);

/// <summary>
/// Answers a stream call in bytes. The requests end with the caller's end frame; the token is cancelled when the caller goes away. An
/// exception is told to the caller in an error frame behind the answers so far.
/// </summary>
public delegate IAsyncEnumerable<ReadOnlyMemory<byte>> StreamCallHandler(
    RpcContext context, IAsyncEnumerable<ReadOnlyMemory<byte>> requests, CancellationToken token);
