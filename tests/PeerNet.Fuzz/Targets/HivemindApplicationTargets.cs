using Google.Protobuf;
using PeerNet.Hivemind.Averaging;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Moe;
using PeerNet.Hivemind.Petals;
using PeerNet.Hivemind.Tensors;

namespace PeerNet.Fuzz.Targets;

/// <summary>Tensors in messages: what is read fits its shape, and what is written without compression is read as the same.</summary>
public sealed class HivemindTensorTarget : IFuzzTarget
{
    public static string Name => "hivemind-tensor";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (!TensorCodec.TryDecode(data, out var tensor))
            return;
        Oracle.Require(tensor.Data.Length <= Math.Max(16, 8 * data.Length), "memory is bounded by what came");
        Oracle.Require(tensor.ToSingles().Length == tensor.ElementCount, "every element is there");
        Oracle.Require(TensorCodec.TryDecode(TensorCodec.Encode(tensor), out var again), "what is written is read");
        Oracle.RequireEqual(tensor.Data.Span, again.Data.Span, "with its elements");
    }
}

/// <summary>Records of Petals' servers and models, descriptions of experts and their tensors: read without an error and written again.</summary>
public sealed class HivemindRecordTarget : IFuzzTarget
{
    public static string Name => "hivemind-record";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (ExpertDescription.TryDecode(data, out var description))
        {
            _ = description.Inputs;
            _ = description.Outputs;
        }

        if (!ValueReader.TryRead(data, out var value))
            return;
        if (ServerInfoCodec.TryDecode(value, out var info))
            Oracle.Require(ServerInfoCodec.TryDecode(ServerInfoCodec.Encode(info), out var again) && again.Equals(info), "an announcement is read again");
        if (ModelInfo.TryDecode(value, out var model))
            Oracle.Require(ModelInfo.TryDecode(model.Encode(), out var same) && same == model, "a model is read again");
        if (BatchTensorDescriptor.TryRead(value, out var descriptor))
            Oracle.Require(BatchTensorDescriptor.TryRead(descriptor.ToValue(), out var equal) && equal == descriptor, "a descriptor is read again");
        if (value is TextValue text)
        {
            Oracle.Require(!ExpertUid.TryParse(text.Value, out var uid) || uid.Text == text.Value, "a uid keeps its text");
            Oracle.Require(!ExpertPrefix.TryParse(text.Value, out var prefix) || ExpertPrefix.Of(prefix.Name, prefix.Coordinates).Text == text.Value, "a prefix has one spelling");
            Oracle.Require(!ModuleUid.TryParse(text.Value, out var module) || ModuleUid.TryParse(module.ToString(), out _), "a block's name is read again");
        }
    }
}

/// <summary>Messages of averaging, and what members give: read without an error and within their bounds.</summary>
public sealed class HivemindAveragingTarget : IFuzzTarget
{
    public static string Name => "hivemind-averaging";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var bytes = data.ToArray();
        if (AveragingCodec.JoinRequest.TryDecode(bytes) is { } join)
            Oracle.Require(AveragingCodec.JoinRequest.TryDecode(join.ToByteArray())?.Equals(join) == true, "a request is read again");
        if (AveragingCodec.MessageFromLeader.TryDecode(bytes) is { } leader)
            Oracle.Require(leader.OrderedPeerIds.Count <= AveragingProtocol.MaxGroupSize && leader.Gathered.Count <= AveragingProtocol.MaxGroupSize, "groups are bounded");
        if (AveragingCodec.AveragingData.TryDecode(bytes) is { TensorPart: { } part } && TensorCodec.TryRead(part, out var tensor))
            Oracle.Require(tensor.ElementCount <= 8 * data.Length, "parts are bounded");
        _ = AveragingCodec.DownloadData.TryDecode(bytes);
        if (GatherCodec.TryDecode(data) is { } given)
            Oracle.Require(GatherCodec.TryDecode(GatherCodec.Encode(given)) is { } again && again.Bandwidth == given.Bandwidth && again.Mode == given.Mode, "what a member gives is read again");
    }
}
