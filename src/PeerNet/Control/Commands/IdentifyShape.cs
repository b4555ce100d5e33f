using System.Text.Json.Nodes;
using PeerNet.Identity;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;

namespace PeerNet.Control.Commands;

/// <summary>How an identify message looks in replies and events.</summary>
internal static class IdentifyShape
{
    public static JsonObject Of(PeerId peer, PeerConnection? connection, PeerIdentity identity) => new()
    {
        ["peerId"] = peer.ToString(),
        ["connId"] = connection?.Id,
        ["protocolVersion"] = identity.ProtocolVersion,
        ["agentVersion"] = identity.AgentVersion,
        ["listenAddrs"] = Shapes.List(identity.ListenAddresses),
        ["observedAddr"] = identity.ObservedAddress?.ToString(),
        ["protocols"] = Shapes.List(identity.Protocols),
        ["signedPeerRecord"] = Record(identity.SignedRecord),
    };

    private static JsonObject? Record(ReadOnlyMemory<byte> envelope)
        => !envelope.IsEmpty && PeerRecord.TryOpen(envelope.Span, out var record, out _)
            ? new JsonObject { ["seq"] = record!.Seq.ToString(), ["addrs"] = Shapes.List(record.Addresses) }
            : null;
}
