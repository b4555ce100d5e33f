using PeerNet.Core;

namespace PeerNet.Protocols.Kad;

/// <summary>Names and numbers of the Kademlia protocol (libp2p specs <c>kad-dht/README.md</c> 3A r2; ipfs specs, "Amino").</summary>
public static class KadProtocol
{
    /// <summary>The public table.</summary>
    public static readonly ProtocolId Wan = "/ipfs/kad/1.0.0";

    /// <summary>The table of the local network, as Kubo keeps it beside the public one.</summary>
    public static readonly ProtocolId Lan = "/ipfs/lan/kad/1.0.0";

    /// <summary>The protocol of a network with its own prefix: <c>/name</c> gives <c>/name/kad/1.0.0</c>.</summary>
    /// <exception cref="ArgumentException">The prefix does not begin with a slash, or ends with one.</exception>
    public static ProtocolId WithPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (!prefix.StartsWith('/') || prefix.EndsWith('/'))
            throw new ArgumentException($"A prefix begins with a slash and does not end with one: '{prefix}'.", nameof(prefix));
        return new ProtocolId(prefix + "/kad/1.0.0");
    }

    // Specification.

    /// <summary>Peers of a bucket, of an answer, and holders of a record: k.</summary>
    public const int BucketSize = 20;

    /// <summary>Requests of a lookup under way at once: alpha.</summary>
    public const int Alpha = 10;

    /// <summary>Values to collect before the best of them is taken ("Amino", quorum of IPNS).</summary>
    public const int Quorum = 16;

    /// <summary>The longest message that may be received ("Amino").</summary>
    public const int MaxMessageBytes = 4 * 1024 * 1024;

    /// <summary>The longest key of a provider record ("Amino").</summary>
    public const int MaxProviderKeyBytes = 80;

    // Implementation limits.

    /// <summary>The longest message that is sent, unless a single record needs more: the Rust implementation reads no more.</summary>
    public const int MaxSentMessageBytes = 16 * 1024;

    /// <summary>The longest request that is read: a value with its keys and a page of addresses. Answers may be longer.</summary>
    public const int MaxRequestBytes = 128 * 1024;

    /// <summary>The longest key of a value. Keys of /ipns and /pk have some 40 bytes; the rest is room for other namespaces.</summary>
    public const int MaxValueKeyBytes = 1024;

    /// <summary>The longest value: the Rust implementation stores 65 KiB, IPNS allows 10 KiB.</summary>
    public const int MaxValueBytes = 64 * 1024;

    /// <summary>Peers taken from one answer: twice a bucket, as go does. Further ones are not looked at.</summary>
    public const int MaxPeersPerAnswer = 2 * BucketSize;

    /// <summary>Providers taken from one answer. Popular content has hundreds; a lookup asks many peers.</summary>
    public const int MaxProvidersPerAnswer = 256;

    /// <summary>Addresses read of one peer in a message. Further ones are not looked at.</summary>
    public const int MaxAddressesPerPeer = 32;

    /// <summary>The longest publisher of a record that is kept: peer ids are shorter.</summary>
    public const int MaxPublisherBytes = 128;

    /// <summary>Bytes of addresses kept of one provider: a page of them, WebTransport certificate hashes included.</summary>
    public const int MaxAddressBytesPerPeer = 2 * 1024;
}
