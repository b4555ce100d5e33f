using System.Net.Sockets;
using System.Text;
using PeerNet.Core.Errors;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Resolution;

/// <summary>
/// Resolves the names of addresses (libp2p addressing specification; multiaddr's DNSADDR). Names are resolved one component after the other,
/// always the first of an address; what stands in front and behind is kept. With a circuit only the relay's part is looked at: the target is
/// for the relay to find. Whatever the records say, the work for one address is bounded.
/// </summary>
public sealed class AddressResolver : IAddressResolver
{
    // Implementation limits, for one address.

    /// <summary>The most addresses that come out, as in go-libp2p.</summary>
    public const int MaxResults = 100;

    /// <summary>The most questions asked, as in rust-libp2p.</summary>
    public const int MaxLookups = 32;

    /// <summary>How often a <c>/dnsaddr</c> may lead to another, as in go-libp2p.</summary>
    public const int MaxDnsAddrDepth = 4;

    private const string DnsAddrLabel = "_dnsaddr.";
    private const string DnsAddrKey = "dnsaddr=";

    private readonly IDnsLookup _dns;

    /// <summary>Creates the resolver; without a lookup of its own it asks the system's name servers.</summary>
    public AddressResolver(IDnsLookup? dns = null) => _dns = dns ?? new DnsLookup();

    /// <inheritdoc />
    public bool NeedsResolution(Multiaddress address) => FirstName(address) >= 0;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Multiaddress>> ResolveAsync(Multiaddress address, CancellationToken token = default)
    {
        var results = new List<Multiaddress>();
        var seen = new HashSet<Multiaddress>();
        var pending = new Queue<(Multiaddress Address, int Depth)>();
        pending.Enqueue((address, 0));
        NameResolutionException? failure = null;
        for (var lookups = 0; pending.TryDequeue(out var next) && results.Count < MaxResults;)
        {
            var index = FirstName(next.Address);
            if (index < 0)
            {
                results.Add(next.Address);
                continue;
            }

            var isDnsAddr = next.Address.Components[index].Code == MultiaddressCodes.DnsAddr;
            if (lookups++ >= MaxLookups || isDnsAddr && next.Depth >= MaxDnsAddrDepth)
                continue;
            try
            {
                foreach (var step in await ResolveStepAsync(WithServerName(next.Address, index), token).ConfigureAwait(false))
                {
                    if (seen.Count < MaxResults && seen.Add(step))
                        pending.Enqueue((step, isDnsAddr ? next.Depth + 1 : next.Depth));
                }
            }
            catch (NameResolutionException error)
            {
                // One bad name among many records spoils only itself.
                failure ??= error;
            }
        }

        return results.Count == 0 && failure is not null ? throw failure : results;
    }

    /// <summary>
    /// Resolves the first name of an address, once: the results may hold names again, and repeat each other. An address without a name is its
    /// own result.
    /// </summary>
    internal async ValueTask<IReadOnlyList<Multiaddress>> ResolveStepAsync(Multiaddress address, CancellationToken token)
    {
        var index = FirstName(address);
        if (index < 0)
            return [address];
        var component = address.Components[index];
        var name = component.ValueText;
        return component.Code == MultiaddressCodes.DnsAddr
            ? FromTexts(address, index, await _dns.GetTextsAsync(DnsAddrLabel + name, token).ConfigureAwait(false))
            : FromAddresses(address, index, await _dns.GetAddressesAsync(
                name, component.Code != MultiaddressCodes.Dns6, component.Code != MultiaddressCodes.Dns4, token).ConfigureAwait(false));
    }

    /// <summary>Position of the first name in front of any circuit, or -1.</summary>
    private static int FirstName(Multiaddress address)
    {
        for (var i = 0; i < address.Count; i++)
        {
            switch (address.Components[i].Code)
            {
                case MultiaddressCodes.P2pCircuit:
                    return -1;
                case MultiaddressCodes.Dns or MultiaddressCodes.Dns4 or MultiaddressCodes.Dns6 or MultiaddressCodes.DnsAddr:
                    return i;
            }
        }

        return -1;
    }

    private static List<Multiaddress> FromTexts(Multiaddress address, int index, IReadOnlyList<string> texts)
    {
        var results = new List<Multiaddress>();
        var front = address.Slice(0, index);
        var suffix = address.Slice(index + 1, address.Count - index - 1);
        foreach (var text in texts)
        {
            // What else the name's TXT records are for is not ours, and a record that does not parse is as good as none.
            if (results.Count >= MaxResults || !text.StartsWith(DnsAddrKey, StringComparison.Ordinal))
                continue;
            if (!Multiaddress.TryParse(text[DnsAddrKey.Length..], out Multiaddress? record) || suffix is not null && !record.EndsWith(suffix))
                continue;
            if (front is null || front.TryEncapsulate(record, out record))
                results.Add(record);
        }

        return results;
    }

    private static List<Multiaddress> FromAddresses(Multiaddress address, int index, IReadOnlyList<System.Net.IPAddress> found)
    {
        var results = new List<Multiaddress>();
        Span<MultiaddressComponent> components = [.. address.Components];
        var wanted = components[index].Code;
        foreach (var ip in found)
        {
            // A mapped address is an IPv4 address, whatever record it came in.
            var host = ip.Unmap();
            var isV4 = host.AddressFamily == AddressFamily.InterNetwork;
            if (results.Count >= MaxResults || wanted == (isV4 ? MultiaddressCodes.Dns6 : MultiaddressCodes.Dns4))
                continue;
            components[index] = new MultiaddressComponent(isV4 ? MultiaddressCodes.Ip4 : MultiaddressCodes.Ip6, host.GetAddressBytes());
            if (Multiaddress.TryCreate(components, out var result))
                results.Add(result);
        }

        return results;
    }

    /// <summary>
    /// A secure WebSocket is asked for by name even when it is dialled by number: the name moves into <c>/sni</c> before it is lost, and
    /// <c>/wss</c> becomes <c>/tls/sni/NAME/ws</c>.
    /// </summary>
    private static Multiaddress WithServerName(Multiaddress address, int index)
    {
        var components = address.Components;
        if (components[index].Code == MultiaddressCodes.DnsAddr || index + 2 >= components.Length || components[index + 1].Code != MultiaddressCodes.Tcp)
            return address;
        var behind = index + 2;
        var length = components[behind].Code == MultiaddressCodes.Wss ? 1
            : components[behind].Code == MultiaddressCodes.Tls && behind + 1 < components.Length && components[behind + 1].Code == MultiaddressCodes.Ws ? 2
            : 0;
        if (length == 0)
            return address;
        var name = new MultiaddressComponent(MultiaddressCodes.Sni, Encoding.UTF8.GetBytes(components[index].ValueText));
        MultiaddressComponent[] named =
        [
            .. components[..behind],
            new MultiaddressComponent(MultiaddressCodes.Tls, default), name, new MultiaddressComponent(MultiaddressCodes.Ws, default),
            .. components[(behind + length)..],
        ];
        return Multiaddress.TryCreate(named, out var result) ? result : address;
    }
}
