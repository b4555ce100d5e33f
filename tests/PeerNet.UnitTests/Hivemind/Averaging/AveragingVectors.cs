using System.Text.Json;
using PeerNet.Hivemind.Averaging;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Hivemind.Averaging;

/// <summary>The captured group of three.</summary>
internal static class AveragingVectors
{
    public const string File = "averaging.json";

    public static readonly JsonElement Root = HivemindVectors.Load(File);

    /// <summary>The captured members, in the order in which the tensors and weights are listed.</summary>
    public static readonly PeerId[] Peers = [.. Root.GetProperty("peers").EnumerateArray().Select(peer => PeerId.Parse(peer.GetString()!))];

    public static readonly double[] Weights = [.. Root.GetProperty("weights").EnumerateArray().Select(weight => weight.GetDouble())];

    public static IEnumerable<JsonElement> Messages(string method) => Root.GetProperty("messages").EnumerateArray().Where(message => message.Text("handler").EndsWith(method, StringComparison.Ordinal));

    public static PeerId Peer(JsonElement message, string role) => PeerId.Parse(message.Text(role));

    public static AveragingGroup Group()
    {
        var begin = Messages("rpc_join_group").Select(message => AveragingCodec.MessageFromLeader.TryDecode(message.Hex("hex"))!).First(message => message.Code == (int)AveragingCode.BeginAllReduce);
        return new AveragingGroup(
            begin.GroupId.Memory,
            Peers[0],
            [.. begin.OrderedPeerIds.Select(id => PeerId.TryDecode(id.Span, out var peer) ? peer : throw new FormatException())],
            [.. begin.Gathered.Select(gathered => gathered.Memory)]);
    }

    public static Tensor[] Tensors(string member, int index)
    {
        var pair = Root.GetProperty(member)[index];
        return [Tensor.Of([.. Numbers(pair[0])], 3, 4), Tensor.Of([.. Numbers(pair[1])], 5)];
    }

    public static IEnumerable<float> Numbers(JsonElement json) => json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().SelectMany(Numbers) : [json.GetSingle()];

    public static WireAveragingData Data(JsonElement message) => AveragingCodec.AveragingData.TryDecode(message.Hex("hex"))!;
}
