using PeerNet.Core;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Hivemind.Dht;

/// <summary>Names and constants of the table.</summary>
public static class DhtProtocol
{
    // Specification (hivemind/dht/protocol.py, routing.py, utils/timed_storage.py).

    /// <summary>Asks whether a node is there.</summary>
    public static ProtocolId Ping { get; } = RpcProtocol.NameOf("DHTProtocol", "rpc_ping");

    /// <summary>Stores records.</summary>
    public static ProtocolId Store { get; } = RpcProtocol.NameOf("DHTProtocol", "rpc_store");

    /// <summary>Asks for records and for nodes near to keys.</summary>
    public static ProtocolId Find { get; } = RpcProtocol.NameOf("DHTProtocol", "rpc_find");

    /// <summary>How far the clocks of two nodes may be apart.</summary>
    public static TimeSpan MaxClockSkew { get; } = TimeSpan.FromSeconds(3);

    /// <summary>The tag of a plain value: None.</summary>
    internal static ReadOnlyMemory<byte> RegularTag { get; } = new byte[] { 0xC0 };

    internal const int NotFound = 0;
    internal const int FoundRegular = 1;
    internal const int FoundDictionary = 2;

    // Implementation limits.

    /// <summary>Keys of one find request: Python asks for 16 at a time.</summary>
    internal const int MaxKeysPerFind = 256;

    /// <summary>Records of one store request; a hand-over of a full node comes in one request of up to 4 MiB.</summary>
    internal const int MaxRecordsPerStore = 16384;

    /// <summary>Nodes of one result: Python names 20.</summary>
    internal const int MaxNodesPerResult = 64;

    /// <summary>The most bytes of one answer to a find request, with room for the envelope below 4 MiB.</summary>
    internal const int MaxFindAnswerBytes = (4 * 1024 * 1024) - (64 * 1024);

    /// <summary>The most bytes of a value in a request, as large as a request can be.</summary>
    internal const int MaxValueBytes = RpcProtocol.MaxEnvelopeBytes;
}
