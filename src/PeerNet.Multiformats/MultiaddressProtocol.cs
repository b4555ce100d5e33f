using System.Collections.Frozen;

namespace PeerNet.Multiformats;

/// <summary>One row of multiaddr's protocol table.</summary>
internal sealed class MultiaddressProtocol
{
    private const int FirstHighCode = 512;

    private static readonly MultiaddressProtocol[] All =
    [
        new(MultiaddressCodes.Ip4, "ip4", Ip4Format.Instance),
        new(MultiaddressCodes.Tcp, "tcp", NumberFormat.Port),
        new(MultiaddressCodes.Dns, "dns", NameFormat.Host),
        new(MultiaddressCodes.Dns4, "dns4", NameFormat.Host),
        new(MultiaddressCodes.Dns6, "dns6", NameFormat.Host),
        new(MultiaddressCodes.DnsAddr, "dnsaddr", NameFormat.Host),
        new(MultiaddressCodes.Udp, "udp", NumberFormat.Port),
        new(MultiaddressCodes.Dccp, "dccp", NumberFormat.Port),
        new(MultiaddressCodes.Ip6, "ip6", Ip6Format.Instance),
        new(MultiaddressCodes.Ip6Zone, "ip6zone", NameFormat.Zone),
        new(MultiaddressCodes.IpCidr, "ipcidr", NumberFormat.PrefixLength),
        new(MultiaddressCodes.Sctp, "sctp", NumberFormat.Port),
        new(MultiaddressCodes.P2pCircuit, "p2p-circuit", FlagFormat.Instance),
        new(MultiaddressCodes.Onion, "onion", OnionFormat.Version2),
        new(MultiaddressCodes.Onion3, "onion3", OnionFormat.Version3),
        new(MultiaddressCodes.Garlic64, "garlic64", GarlicFormat.Base64),
        new(MultiaddressCodes.Garlic32, "garlic32", GarlicFormat.Base32),
        new(MultiaddressCodes.Utp, "utp", FlagFormat.Instance),
        new(MultiaddressCodes.Udt, "udt", FlagFormat.Instance),
        new(MultiaddressCodes.Quic, "quic", FlagFormat.Instance),
        new(MultiaddressCodes.QuicV1, "quic-v1", FlagFormat.Instance),
        new(MultiaddressCodes.WebTransport, "webtransport", FlagFormat.Instance),
        new(MultiaddressCodes.Certhash, "certhash", CerthashFormat.Instance),
        new(MultiaddressCodes.Http, "http", FlagFormat.Instance),
        new(MultiaddressCodes.HttpPath, "http-path", HttpPathFormat.Instance),
        new(MultiaddressCodes.Https, "https", FlagFormat.Instance),
        new(MultiaddressCodes.P2p, "p2p", PeerIdFormat.Instance),
        new(MultiaddressCodes.Unix, "unix", UnixPathFormat.Instance, isPath: true),
        new(MultiaddressCodes.P2pWebRtcDirect, "p2p-webrtc-direct", FlagFormat.Instance),
        new(MultiaddressCodes.Tls, "tls", FlagFormat.Instance),
        new(MultiaddressCodes.Sni, "sni", NameFormat.Host),
        new(MultiaddressCodes.Noise, "noise", FlagFormat.Instance),
        new(MultiaddressCodes.Ws, "ws", FlagFormat.Instance),
        new(MultiaddressCodes.Wss, "wss", FlagFormat.Instance),
        new(MultiaddressCodes.PlaintextV2, "plaintextv2", FlagFormat.Instance),
        new(MultiaddressCodes.WebRtcDirect, "webrtc-direct", FlagFormat.Instance),
        new(MultiaddressCodes.WebRtc, "webrtc", FlagFormat.Instance),
        new(MultiaddressCodes.Memory, "memory", NumberFormat.Memory),
    ];

    private static readonly MultiaddressProtocol?[] ByLowCode = IndexLowCodes();

    private static readonly FrozenDictionary<ulong, MultiaddressProtocol> ByHighCode
        = All.Where(protocol => protocol.Code >= FirstHighCode).ToFrozenDictionary(protocol => protocol.Code);

    private static readonly FrozenDictionary<string, MultiaddressProtocol> ByName
        = All.Select(protocol => KeyValuePair.Create(protocol.Name, protocol))
            .Append(KeyValuePair.Create("ipfs", Find(MultiaddressCodes.P2p)!))
            .ToFrozenDictionary(StringComparer.Ordinal);

    private MultiaddressProtocol(ulong code, string name, ValueFormat format, bool isPath = false)
    {
        Code = code;
        Name = name;
        Format = format;
        IsPath = isPath;
    }

    public ulong Code { get; }

    public string Name { get; }

    public ValueFormat Format { get; }

    /// <summary>Whether the value takes the rest of the text; nothing may follow it in binary.</summary>
    public bool IsPath { get; }

    /// <summary>Every known protocol.</summary>
    public static IReadOnlyList<MultiaddressProtocol> Known => All;

    public static MultiaddressProtocol? Find(ulong code)
        => code < FirstHighCode ? ByLowCode[(int)code] : ByHighCode.GetValueOrDefault(code);

    /// <summary>Finds by name, case sensitive; <c>ipfs</c> is an old name of <c>p2p</c>.</summary>
    public static MultiaddressProtocol? Find(ReadOnlySpan<char> name)
        => ByName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var protocol) ? protocol : null;

    private static MultiaddressProtocol?[] IndexLowCodes()
    {
        var index = new MultiaddressProtocol?[FirstHighCode];
        foreach (var protocol in All)
        {
            if (protocol.Code < FirstHighCode)
                index[protocol.Code] = protocol;
        }

        return index;
    }
}
