using System.Globalization;
using System.Text.Json.Nodes;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Control.Commands;

/// <summary>This node: <c>self addrs observed listen memory help keyInfo envelope</c>.</summary>
internal static class SelfCommands
{
    public static void Add(ControlCommandTable table, PeerNode node)
    {
        table.Add("self", _ => Self(node));
        table.Add("addrs", _ => new JsonObject { ["addrs"] = Addresses(node) });
        table.Add("observed", _ => new JsonObject { ["addrs"] = Shapes.List(node.Swarm.ObservedAddresses.Select(observed => observed.Address)) });
        table.Add("listen", async (request, token) =>
        {
            await node.ListenAsync(ControlRequest.Address(request.RequiredText("addr")), token).ConfigureAwait(false);
            return new JsonObject { ["addrs"] = Shapes.Addresses(node) };
        });
        table.Add("confirmAddr", request =>
        {
            node.Swarm.ConfirmExternalAddress(ControlRequest.Address(request.RequiredText("addr")));
            return null;
        });
        table.Add("memory", _ => Memory());
        table.Add("help", _ => new JsonObject { ["commands"] = Shapes.List(table.Names) });
        table.Add("keyInfo", request => KeyInfo(node, request));
        table.Add("envelope", request => Envelope(node, request));
    }

    public static JsonObject Self(PeerNode node) => new()
    {
        ["peerId"] = node.PeerId.ToString(),
        ["agent"] = node.Agent,
        ["addrs"] = Shapes.Addresses(node),
        ["listening"] = Shapes.List(node.Swarm.ListenAddresses.Select(address => address.WithPeerId(node.PeerId))),
        ["protocols"] = Shapes.List(node.Swarm.Protocols),
    };

    private static JsonArray Addresses(PeerNode node)
    {
        var confirmed = node.Swarm.ExternalAddresses;
        var advertised = node.Swarm.AdvertisedAddresses;
        return [.. node.Swarm.ListenAddresses.Select(address => Address(address, "transport", advertised.Contains(address)))
            .Concat(confirmed.Select(address => Address(address, "observed", true)))
            .Concat(advertised.Except(node.Swarm.ListenAddresses).Except(confirmed).Select(address => Address(address, "announce", true)))];
    }

    private static JsonNode Address(Multiaddress address, string type, bool verified)
        => new JsonObject { ["addr"] = address.ToString(), ["type"] = type, ["verified"] = verified };

    private static JsonObject Memory()
    {
        var info = GC.GetGCMemoryInfo();
        return new JsonObject
        {
            ["rss"] = Environment.WorkingSet,
            ["heapTotal"] = info.TotalCommittedBytes,
            ["heapUsed"] = GC.GetTotalMemory(false),
            ["allocated"] = GC.GetTotalAllocatedBytes(),
            ["cpuMs"] = Environment.CpuUsage.TotalTime.TotalMilliseconds,
        };
    }

    private static JsonObject KeyInfo(PeerNode node, ControlRequest request)
    {
        if (request.Text("publicKey") is { } hex)
            return Describe(Decode(hex), null);
        if (!request.Has("peer"))
            return Describe(node.Identity.PublicKey, node.Identity);
        var (peer, _) = request.Peer();
        var key = peer.TryGetPublicKey(out var contained) ? contained : node.Swarm.PeerStore.GetPublicKey(peer);
        return key is null ? throw new ControlException(ControlErrors.NotFound, $"the key of {peer} is not known") : Describe(key, null);
    }

    // This node's own record is made for the occasion, with the addresses that everybody is told.
    private static JsonObject Envelope(PeerNode node, ControlRequest request)
    {
        PeerRecord? record;
        if (!request.Has("peer"))
        {
            var nanoseconds = (ulong)(node.Swarm.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
            record = PeerRecord.Seal(node.Identity, nanoseconds, node.Swarm.AdvertisedAddresses);
        }
        else if (node.Swarm.PeerStore.Get(request.Peer().Peer) is not { SignedRecord.IsEmpty: false } peer || !PeerRecord.TryOpen(peer.SignedRecord.Span, out record, out _))
        {
            throw new ControlException(ControlErrors.NotFound, "no record of that peer");
        }

        return new JsonObject
        {
            ["hex"] = Convert.ToHexStringLower(record.Envelope.Encoded.Span),
            ["payloadType"] = Convert.ToHexStringLower(record.Envelope.PayloadType.Span),
            ["payload"] = Convert.ToHexStringLower(record.Envelope.Payload.Span),
            ["record"] = new JsonObject { ["peerId"] = record.PeerId.ToString(), ["seq"] = record.Seq.ToString(CultureInfo.InvariantCulture), ["addrs"] = Shapes.List(record.Addresses) },
        };
    }

    private static PublicKey Decode(string hex)
    {
        try
        {
            return PublicKey.TryDecode(Convert.FromHexString(hex), out var key, out var error) ? key! : throw new ControlException(ControlErrors.InvalidParameters, error!);
        }
        catch (FormatException)
        {
            throw new ControlException(ControlErrors.InvalidParameters, "\"publicKey\" is not hexadecimal");
        }
    }

    private static JsonObject Describe(PublicKey key, PrivateKey? secret)
    {
        var fields = new JsonObject
        {
            ["type"] = key.Type.ToString(),
            ["publicKey"] = Convert.ToHexStringLower(key.Encoded.Span),
            ["raw"] = Convert.ToHexStringLower(key.Raw.Span),
            ["peerId"] = key.PeerId.ToString(),
            ["multihash"] = Convert.ToHexStringLower(key.PeerId.Bytes.Span),
            ["cidBase32"] = key.PeerId.ToCid(MultibaseEncoding.Base32),
            ["cidBase36"] = key.PeerId.ToCid(MultibaseEncoding.Base36),
        };
        if (secret is not null)
            fields["privateKey"] = Convert.ToHexStringLower(secret.Encode());
        return fields;
    }
}
