using System.Net;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Configuration;

/// <summary>Options after they were checked: addresses are addresses. Parsing is the validation, so nothing is checked twice or not at all.</summary>
internal sealed record PeerNodeSettings
{
    private static readonly string[] KnownTransports = ["tcp", "ws", "memory"];
    private static readonly string[] KnownSecurity = ["noise", "tls"];

    public required PeerNodeOptions Options { get; init; }

    public required IReadOnlyList<Multiaddress> Listen { get; init; }

    public required IReadOnlyList<Multiaddress> Announce { get; init; }

    public required IReadOnlyList<Multiaddress> AppendAnnounce { get; init; }

    public required IReadOnlyList<IPNetwork> NoAnnounce { get; init; }

    public required IReadOnlyList<Multiaddress> Bootstrap { get; init; }

    public required IReadOnlyList<Multiaddress> HivemindPeers { get; init; }

    public required IReadOnlyList<string> NameServers { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ConfigurationException">The first one that has no usable value, by its key.</exception>
    public static PeerNodeSettings From(PeerNodeOptions options)
    {
        OneOf(options.Transports, nameof(options.Transports), KnownTransports);
        OneOf(options.Security, nameof(options.Security), KnownSecurity);
        Positive(options.Limits.MemoryBytes, "Limits:MemoryBytes");
        Positive(options.Limits.Connections, "Limits:Connections");
        Positive(options.Limits.InboundConnections, "Limits:InboundConnections");
        Positive(options.Limits.Streams, "Limits:Streams");
        Positive(options.Limits.ConnectionsPerPeer, "Limits:ConnectionsPerPeer");
        Positive(options.Limits.ConnectionsPerIp, "Limits:ConnectionsPerIp");
        Positive(options.ConnectionManager.Low, "ConnectionManager:Low");
        if (options.ConnectionManager.High < options.ConnectionManager.Low)
            throw new ConfigurationException("ConnectionManager:High", $"{options.ConnectionManager.High} is below ConnectionManager:Low ({options.ConnectionManager.Low}).");
        if (options.ConnectionManager.GracePeriod < TimeSpan.Zero)
            throw new ConfigurationException("ConnectionManager:GracePeriod", "a time cannot be negative; write 00:01:00 for a minute.");
        if (options.Dht.Protocol is { } protocol && !protocol.StartsWith('/'))
            throw new ConfigurationException("Dht:Protocol", $"'{protocol}' is no protocol; expected something like /lab/kad/1.0.0.");
        if (options.DrainTimeout < TimeSpan.Zero)
            throw new ConfigurationException(nameof(options.DrainTimeout), "a time cannot be negative; write 00:00:05 for five seconds.");
        return new PeerNodeSettings
        {
            Options = options,
            Listen = Addresses(options.Listen, nameof(options.Listen)),
            Announce = Addresses(options.Announce, nameof(options.Announce)),
            AppendAnnounce = Addresses(options.AppendAnnounce, nameof(options.AppendAnnounce)),
            NoAnnounce = [.. options.NoAnnounce.Select((text, i) => Network(text, $"{nameof(options.NoAnnounce)}[{i}]"))],
            Bootstrap = [.. Addresses(options.Bootstrap, nameof(options.Bootstrap)).Select((address, i) => NamesPeer(address, $"{nameof(options.Bootstrap)}[{i}]"))],
            HivemindPeers = [.. Addresses(options.Hivemind.InitialPeers, "Hivemind:InitialPeers").Select((address, i) => address.TryGetPeerId(out _)
                ? address
                : throw new ConfigurationException($"Hivemind:InitialPeers[{i}]", $"{address} does not say who is there: it must end in /p2p/ID."))],
            NameServers = [.. options.Resolver.Servers.Select((text, i) => NameServer(text, $"Resolver:Servers[{i}]"))],
        };
    }

    private static Multiaddress[] Addresses(IList<string> texts, string key)
        => [.. texts.Select((text, i) => Multiaddress.TryParse(text.Trim(), out var address, out string? error) ? address : throw new ConfigurationException($"{key}[{i}]", error))];

    private static Multiaddress NamesPeer(Multiaddress address, string key)
        => address.TryGetPeerId(out _) || address.Contains(MultiaddressCodes.DnsAddr)
            ? address
            : throw new ConfigurationException(key, $"{address} does not say who is there: it must end in /p2p/ID, or be /dnsaddr/NAME.");

    // An address, or a subnet spelled as /ip4/10.0.0.0/ipcidr/8.
    private static IPNetwork Network(string text, string key)
    {
        if (IPNetwork.TryParse(text.Trim(), out var network))
            return network;
        if (!Multiaddress.TryParse(text.Trim(), out var address, out string? error))
            throw new ConfigurationException(key, error);
        if (!address.TryGetIPAddress(out var ip))
            throw new ConfigurationException(key, $"{text} has no IP address; write /ip4/10.0.0.0/ipcidr/8 or 10.0.0.0/8.");
        var bits = address.TryGet(MultiaddressCodes.IpCidr, out var cidr) ? cidr.Value.Span[0] : ip.GetAddressBytes().Length * 8;
        return bits <= ip.GetAddressBytes().Length * 8 && IPNetwork.TryParse($"{ip}/{bits}", out network)
            ? network
            : throw new ConfigurationException(key, $"{text} is not a subnet: {bits} bits do not fit its address.");
    }

    private static string NameServer(string text, string key)
        => IPEndPoint.TryParse(text.Trim(), out _) ? text.Trim() : throw new ConfigurationException(key, $"'{text}' is not ADDRESS or ADDRESS:PORT.");

    private static void OneOf(IList<string> values, string key, string[] known)
    {
        if (values.Count == 0)
            throw new ConfigurationException(key, $"at least one of {string.Join(", ", known)} is needed.");
        for (var i = 0; i < values.Count; i++)
        {
            if (!known.Contains(values[i], StringComparer.Ordinal))
                throw new ConfigurationException($"{key}[{i}]", $"'{values[i]}' is none of {string.Join(", ", known)}.");
        }
    }

    private static void Positive(long? value, string key)
    {
        if (value is <= 0)
            throw new ConfigurationException(key, $"{value} is not a positive number.");
    }
}
