using PeerNet.Core;
using PeerNet.Core.Resources;

namespace PeerNet.Swarm.Streams;

/// <summary>An open stream, for display.</summary>
/// <param name="Id">The multiplexer's number.</param>
/// <param name="Protocol">What it speaks; null while that is negotiated.</param>
/// <param name="Direction">Who opened it.</param>
/// <param name="Age">How long it has been open.</param>
/// <param name="BytesReceived">Payload received.</param>
/// <param name="BytesSent">Payload sent.</param>
public sealed record StreamView(ulong Id, ProtocolId? Protocol, Direction Direction, TimeSpan Age, long BytesReceived, long BytesSent);
