using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Multiformats;

/// <summary>Recognises the shapes of address that transports listen on and dial.</summary>
public static class MultiaddressShapes
{
    /// <summary>
    /// The transport an address names. HOST is <c>/ip4</c>, <c>/ip6</c> (a zone may stand in front), <c>/dns</c>,
    /// <c>/dns4</c> or <c>/dns6</c>; a trailing <c>/p2p/ID</c> changes nothing. <c>/dnsaddr</c> names no transport
    /// before it is resolved, and <c>/tls/wss</c> is none.
    /// </summary>
    public static MultiaddressTransport GetTransport(this Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var components = address.Components.AsSpan();
        if (components[^1].Code == MultiaddressCodes.P2p)
            components = components[..^1];
        if (components.IsEmpty || address.HasUnknown)
            return MultiaddressTransport.None;

        var circuit = address.LastIndexOf(MultiaddressCodes.P2pCircuit);
        if (circuit >= 0)
            return CircuitTransport(components[(circuit + 1)..]);
        if (components is [{ Code: MultiaddressCodes.Memory }])
            return MultiaddressTransport.Memory;
        if (components is [{ Code: MultiaddressCodes.Unix }])
            return MultiaddressTransport.Unix;
        if (components is [{ Code: MultiaddressCodes.Ip6Zone }, { Code: MultiaddressCodes.Ip6 }, ..])
            components = components[1..];
        if (components is not [{ Code: MultiaddressCodes.Ip4 or MultiaddressCodes.Ip6 or MultiaddressCodes.Dns or MultiaddressCodes.Dns4 or MultiaddressCodes.Dns6 }, ..])
            return MultiaddressTransport.None;
        return components[1..] switch
        {
            [{ Code: MultiaddressCodes.Tcp }, .. var rest] => TcpTransport(rest),
            [{ Code: MultiaddressCodes.Udp }, .. var rest] => UdpTransport(rest),
            _ => MultiaddressTransport.None,
        };
    }

    /// <summary>Whether the address begins with a name to resolve: <c>/dns</c>, <c>/dns4</c>, <c>/dns6</c> or <c>/dnsaddr</c>.</summary>
    public static bool IsDns(this Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.Components[0].Code
            is MultiaddressCodes.Dns or MultiaddressCodes.Dns4 or MultiaddressCodes.Dns6 or MultiaddressCodes.DnsAddr;
    }

    /// <summary>Whether the address leads through a relay.</summary>
    public static bool IsCircuit(this Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.Contains(MultiaddressCodes.P2pCircuit);
    }

    /// <summary>Splits an address at its last <c>/p2p-circuit</c>.</summary>
    /// <param name="address">The address.</param>
    /// <param name="relay">What stands before, normally ending with the relay's <c>/p2p</c>; null when nothing does.</param>
    /// <param name="target">What stands behind, normally the target's <c>/p2p</c>; null when nothing does.</param>
    /// <returns>False when the address is no circuit.</returns>
    public static bool TrySplitCircuit(this Multiaddress address, out Multiaddress? relay, out Multiaddress? target)
    {
        ArgumentNullException.ThrowIfNull(address);
        relay = null;
        target = null;
        var index = address.LastIndexOf(MultiaddressCodes.P2pCircuit);
        if (index < 0)
            return false;
        relay = address.Slice(0, index);
        target = address.Slice(index + 1, address.Count - index - 1);
        return true;
    }

    /// <summary>
    /// The name a TLS layer asks for: an explicit <c>/sni</c>, else the leading host name. False for a bare IP address.
    /// </summary>
    public static bool TryGetServerName(this Multiaddress address, [NotNullWhen(true)] out string? name)
    {
        ArgumentNullException.ThrowIfNull(address);
        name = null;
        if (address.TryGet(MultiaddressCodes.Sni, out var sni))
            name = sni.ValueText;
        else if (address.IsDns() && address.Components[0].Code != MultiaddressCodes.DnsAddr)
            name = address.Components[0].ValueText;
        return name is not null;
    }

    /// <summary>
    /// One spelling for addresses that mean the same, for de-duplication only: <c>/wss</c> becomes <c>/tls/ws</c>, an
    /// IPv4-mapped <c>/ip6</c> becomes <c>/ip4</c>. Never send the result instead of the original.
    /// </summary>
    public static Multiaddress ToComparable(this Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var components = new List<MultiaddressComponent>(address.Count + 1);
        var changed = false;
        foreach (var component in address.Components)
        {
            if (component.Code == MultiaddressCodes.Wss)
            {
                components.Add(new MultiaddressComponent(MultiaddressCodes.Tls, default));
                components.Add(new MultiaddressComponent(MultiaddressCodes.Ws, default));
                changed = true;
            }
            else if (component.Code == MultiaddressCodes.Ip6 && Ip6Format.IsMapped(component.Value.Span))
            {
                components.Add(new MultiaddressComponent(MultiaddressCodes.Ip4, component.Value[12..]));
                changed = true;
            }
            else
            {
                components.Add(component);
            }
        }

        return changed && Multiaddress.TryCreate([.. components], out var comparable) ? comparable : address;
    }

    private static MultiaddressTransport TcpTransport(ReadOnlySpan<MultiaddressComponent> rest) => rest switch
    {
        [] => MultiaddressTransport.Tcp,
        [{ Code: MultiaddressCodes.Ws }] => MultiaddressTransport.WebSocket,
        [{ Code: MultiaddressCodes.Wss }]
            or [{ Code: MultiaddressCodes.Tls }, { Code: MultiaddressCodes.Ws }]
            or [{ Code: MultiaddressCodes.Tls }, { Code: MultiaddressCodes.Sni }, { Code: MultiaddressCodes.Ws }]
            => MultiaddressTransport.SecureWebSocket,
        _ => MultiaddressTransport.None,
    };

    private static MultiaddressTransport UdpTransport(ReadOnlySpan<MultiaddressComponent> rest)
    {
        if (rest is [{ Code: MultiaddressCodes.QuicV1 }])
            return MultiaddressTransport.QuicV1;
        while (rest is [.., { Code: MultiaddressCodes.Certhash }])
            rest = rest[..^1];
        return rest switch
        {
            [{ Code: MultiaddressCodes.QuicV1 }, { Code: MultiaddressCodes.WebTransport }] => MultiaddressTransport.WebTransport,
            [{ Code: MultiaddressCodes.WebRtcDirect }] => MultiaddressTransport.WebRtcDirect,
            _ => MultiaddressTransport.None,
        };
    }

    private static MultiaddressTransport CircuitTransport(ReadOnlySpan<MultiaddressComponent> rest) => rest switch
    {
        [] => MultiaddressTransport.Circuit,
        [{ Code: MultiaddressCodes.WebRtc }] => MultiaddressTransport.WebRtc,
        _ => MultiaddressTransport.None,
    };
}
