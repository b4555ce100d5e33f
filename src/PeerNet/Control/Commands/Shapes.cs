using System.Text.Json.Nodes;
using PeerNet.Core;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Peers;

namespace PeerNet.Control.Commands;

/// <summary>How connections, peers and addresses look in replies and events; the same shapes as every other peer's.</summary>
internal static class Shapes
{
    public static JsonArray List<T>(IEnumerable<T> values)
        where T : notnull
        => [.. values.Select(value => (JsonNode)JsonValue.Create(value.ToString()!))];

    public static JsonArray Addresses(PeerNode node) => List(node.Addresses);

    public static JsonObject Connection(PeerNode node, PeerConnection connection)
    {
        var description = connection.Description;
        var traffic = connection.Traffic;
        return new JsonObject
        {
            ["connId"] = connection.Id,
            ["peerId"] = connection.Peer.ToString(),
            ["remoteAddr"] = description.RemoteAddress.WithPeerId(connection.Peer).ToString(),
            ["localAddr"] = description.LocalAddress.ToString(),
            ["direction"] = Name(connection.Direction),
            ["encryption"] = description.Security.Value,
            ["multiplexer"] = description.Muxer.Value,
            ["transport"] = description.Transport,
            ["limited"] = connection.IsLimited,
            ["direct"] = !description.RemoteAddress.IsCircuit(),
            ["status"] = connection.IsClosed ? "closed" : "open",
            ["rtt"] = connection.RoundTripTime?.TotalMilliseconds,
            ["agent"] = node.Swarm.PeerStore.Get(connection.Peer)?.AgentVersion,
            ["protocols"] = List(node.Swarm.PeerStore.GetProtocols(connection.Peer)),
            ["bytesReceived"] = traffic.BytesReceived,
            ["bytesSent"] = traffic.BytesSent,
            ["streams"] = new JsonArray([.. connection.GetStreams().Select(stream => (JsonNode)new JsonObject
            {
                ["id"] = stream.Id.ToString(),
                ["protocol"] = stream.Protocol?.Value,
                ["direction"] = Name(stream.Direction),
                ["ageMs"] = Math.Round(stream.Age.TotalMilliseconds),
            })]),
            ["openedAt"] = connection.OpenedAt.ToUnixTimeMilliseconds(),
        };
    }

    public static JsonObject Peer(PeerSnapshot peer) => new()
    {
        ["peerId"] = peer.Peer.ToString(),
        ["addrs"] = new JsonArray([.. peer.Addresses.Select(address => (JsonNode)new JsonObject
        {
            ["addr"] = address.Address.ToString(),
            ["certified"] = address.IsCertified,
            ["source"] = address.Source.ToString(),
        })]),
        ["protocols"] = List(peer.Protocols),
        ["agent"] = peer.AgentVersion,
        ["protocolVersion"] = peer.ProtocolVersion,
        ["tags"] = new JsonObject(peer.Tags.Select(tag => KeyValuePair.Create(tag.Key, (JsonNode?)JsonValue.Create(tag.Value)))),
        ["signedRecord"] = !peer.SignedRecord.IsEmpty,
        ["connections"] = peer.Connections,
    };

    public static string Name(Direction direction) => direction == Direction.Inbound ? "inbound" : "outbound";
}
