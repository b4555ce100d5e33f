using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Hivemind.Averaging;

/// <summary>Methods, constants and limits of averaging.</summary>
internal static class AveragingProtocol
{
    // Specification (hivemind/averaging/averager.py, matchmaking.py, partition.py).

    /// <summary>How far clocks may differ: an announcement counts for that much less than it says.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(3);

    /// <summary>Bytes of a group's id.</summary>
    public const int GroupIdBytes = 20;

    // Implementation limits.

    /// <summary>Members of a group. Everyone sends to everyone.</summary>
    public const int MaxGroupSize = 1024;

    /// <summary>Announcements under one key that are looked at.</summary>
    public const int MaxCandidates = 1024;

    /// <summary>Bytes of what one member gives to all others.</summary>
    public const int MaxGatherBytes = 256 * 1024;

    /// <summary>Peers that leaders may send a follower on to, one after another.</summary>
    public const int MaxRedirects = 8;

    /// <summary>Donors of state that are tried.</summary>
    public const int MaxDonors = 32;

    /// <summary>Tensors of a state.</summary>
    public const int MaxStateTensors = 1 << 16;

    /// <summary>Between two lookups of the announcements: Python looks without a pause while it is alone.</summary>
    public static readonly TimeSpan LookupPause = TimeSpan.FromMilliseconds(200);
}

/// <summary>The methods of one averager: its class and its prefix are in their names.</summary>
internal sealed class AveragingMethods(string className, string prefix)
{
    public RpcMethod<WireJoinRequest, WireMessageFromLeader> Join { get; } = new(RpcProtocol.NameOf(className, "rpc_join_group", prefix), AveragingCodec.JoinRequest, AveragingCodec.MessageFromLeader);

    public RpcMethod<WireAveragingData, WireAveragingData> Aggregate { get; } = new(RpcProtocol.NameOf(className, "rpc_aggregate_part", prefix), AveragingCodec.AveragingData, AveragingCodec.AveragingData);

    public RpcMethod<WireDownloadRequest, WireDownloadData> Download { get; } = new(RpcProtocol.NameOf(className, "rpc_download_state", prefix), AveragingCodec.DownloadRequest, AveragingCodec.DownloadData);
}
