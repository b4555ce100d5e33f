namespace PeerNet.Multiformats;

/// <summary>Protocol codes of multiaddr's <c>protocols.csv</c>.</summary>
public static class MultiaddressCodes
{
    /// <summary><c>/ip4</c>: four bytes.</summary>
    public const ulong Ip4 = 4;

    /// <summary><c>/tcp</c>: port.</summary>
    public const ulong Tcp = 6;

    /// <summary><c>/dccp</c>: port; parsed only.</summary>
    public const ulong Dccp = 33;

    /// <summary><c>/ip6</c>: sixteen bytes.</summary>
    public const ulong Ip6 = 41;

    /// <summary><c>/ip6zone</c>: interface of the <c>/ip6</c> that follows.</summary>
    public const ulong Ip6Zone = 42;

    /// <summary><c>/ipcidr</c>: prefix length, one byte; parsed only.</summary>
    public const ulong IpCidr = 43;

    /// <summary><c>/dns</c>: host name of either family.</summary>
    public const ulong Dns = 53;

    /// <summary><c>/dns4</c>: host name, IPv4 only.</summary>
    public const ulong Dns4 = 54;

    /// <summary><c>/dns6</c>: host name, IPv6 only.</summary>
    public const ulong Dns6 = 55;

    /// <summary><c>/dnsaddr</c>: host name whose TXT records hold multiaddrs.</summary>
    public const ulong DnsAddr = 56;

    /// <summary><c>/sctp</c>: port; parsed only.</summary>
    public const ulong Sctp = 132;

    /// <summary><c>/udp</c>: port.</summary>
    public const ulong Udp = 273;

    /// <summary><c>/p2p-webrtc-direct</c>: deprecated, parsed only.</summary>
    public const ulong P2pWebRtcDirect = 276;

    /// <summary><c>/webrtc-direct</c>.</summary>
    public const ulong WebRtcDirect = 280;

    /// <summary><c>/webrtc</c>.</summary>
    public const ulong WebRtc = 281;

    /// <summary><c>/p2p-circuit</c>: what stands before it is a relay.</summary>
    public const ulong P2pCircuit = 290;

    /// <summary><c>/udt</c>: parsed only.</summary>
    public const ulong Udt = 301;

    /// <summary><c>/utp</c>: parsed only.</summary>
    public const ulong Utp = 302;

    /// <summary><c>/unix</c>: socket path, the rest of the text.</summary>
    public const ulong Unix = 400;

    /// <summary><c>/p2p</c>, also read as <c>/ipfs</c>: peer id, a multihash.</summary>
    public const ulong P2p = 421;

    /// <summary><c>/https</c>: old spelling of <c>/tls/http</c>.</summary>
    public const ulong Https = 443;

    /// <summary><c>/onion</c>: Tor service of version 2 and port.</summary>
    public const ulong Onion = 444;

    /// <summary><c>/onion3</c>: Tor service of version 3 and port.</summary>
    public const ulong Onion3 = 445;

    /// <summary><c>/garlic64</c>: I2P destination.</summary>
    public const ulong Garlic64 = 446;

    /// <summary><c>/garlic32</c>: I2P hash or encrypted lease set.</summary>
    public const ulong Garlic32 = 447;

    /// <summary><c>/tls</c>.</summary>
    public const ulong Tls = 448;

    /// <summary><c>/sni</c>: server name of the TLS layer.</summary>
    public const ulong Sni = 449;

    /// <summary><c>/noise</c>.</summary>
    public const ulong Noise = 454;

    /// <summary><c>/quic</c>: QUIC draft 29, no longer spoken.</summary>
    public const ulong Quic = 460;

    /// <summary><c>/quic-v1</c>: QUIC of RFC 9000.</summary>
    public const ulong QuicV1 = 461;

    /// <summary><c>/webtransport</c>.</summary>
    public const ulong WebTransport = 465;

    /// <summary><c>/certhash</c>: multihash of a certificate.</summary>
    public const ulong Certhash = 466;

    /// <summary><c>/ws</c>.</summary>
    public const ulong Ws = 477;

    /// <summary><c>/wss</c>: short for <c>/tls/ws</c>.</summary>
    public const ulong Wss = 478;

    /// <summary><c>/http</c>.</summary>
    public const ulong Http = 480;

    /// <summary><c>/http-path</c>: path, escaped in text.</summary>
    public const ulong HttpPath = 481;

    /// <summary><c>/memory</c>: in-process number; never leaves the process.</summary>
    public const ulong Memory = 777;

    /// <summary><c>/plaintextv2</c>: known to go alone; parsed only.</summary>
    public const ulong PlaintextV2 = 7367777;
}
