namespace PeerNet.Multiformats;

/// <summary>Content and payload codes of the multicodec table that libp2p and IPFS use.</summary>
public static class Multicodec
{
    /// <summary>Raw bytes.</summary>
    public const ulong Raw = 0x55;

    /// <summary>MerkleDAG protobuf, the codec every CID version 0 implies.</summary>
    public const ulong DagPb = 0x70;

    /// <summary>MerkleDAG CBOR.</summary>
    public const ulong DagCbor = 0x71;

    /// <summary>A libp2p public key: the codec of a peer id written as a CID.</summary>
    public const ulong Libp2pKey = 0x72;

    /// <summary>MerkleDAG JSON.</summary>
    public const ulong DagJson = 0x0129;

    /// <summary>JSON.</summary>
    public const ulong Json = 0x0200;

    /// <summary>IPNS record.</summary>
    public const ulong IpnsRecord = 0x0300;

    /// <summary>libp2p peer record, the payload type of a signed envelope (RFC 0003).</summary>
    public const ulong PeerRecord = 0x0301;

    /// <summary>libp2p relay reservation voucher, the payload type of a signed envelope (circuit v2).</summary>
    public const ulong RelayVoucher = 0x0302;
}
