using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PeerNet.Multiformats;

// Taking addresses apart and putting them together.
public sealed partial class Multiaddress
{
    /// <summary>The address of a socket: <c>/ip4|ip6/…/tcp|udp/PORT</c>.</summary>
    /// <param name="endPoint">An IPv4-mapped address is written as IPv4; a scope id as <c>/ip6zone/NUMBER</c> in front.</param>
    /// <param name="protocol"><see cref="ProtocolType.Tcp"/> or <see cref="ProtocolType.Udp"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another protocol.</exception>
    public static Multiaddress FromIPEndPoint(IPEndPoint endPoint, ProtocolType protocol)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var transport = protocol switch
        {
            ProtocolType.Tcp => MultiaddressCodes.Tcp,
            ProtocolType.Udp => MultiaddressCodes.Udp,
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "A socket address is TCP or UDP."),
        };

        var ip = endPoint.Address.Unmap();
        var writer = new MultiaddressWriter(stackalloc byte[MaxBytes]);
        Span<byte> value = stackalloc byte[16];
        if (ip.AddressFamily == AddressFamily.InterNetworkV6 && ip.ScopeId != 0)
        {
            var zone = System.Text.Encoding.ASCII.GetBytes(ip.ScopeId.ToString(CultureInfo.InvariantCulture));
            _ = writer.TryWrite(MultiaddressCodes.Ip6Zone, zone);
        }

        _ = ip.TryWriteBytes(value, out var length);
        _ = writer.TryWrite(ip.AddressFamily == AddressFamily.InterNetwork ? MultiaddressCodes.Ip4 : MultiaddressCodes.Ip6, value[..length]);
        _ = writer.TryWrite(transport, [(byte)(endPoint.Port >> 8), (byte)endPoint.Port]);
        return new Multiaddress(writer.Written.ToArray());
    }

    /// <summary>Finds the first component with a code.</summary>
    public bool TryGet(ulong code, out MultiaddressComponent component) => TryGetAt(IndexOf(code), out component);

    /// <summary>Finds the last component with a code; the last <c>/p2p</c> is the peer the address leads to.</summary>
    public bool TryGetLast(ulong code, out MultiaddressComponent component) => TryGetAt(LastIndexOf(code), out component);

    /// <summary>Whether a component has this code.</summary>
    public bool Contains(ulong code) => IndexOf(code) >= 0;

    /// <summary>Position of the first component with a code, or -1.</summary>
    public int IndexOf(ulong code)
    {
        for (var i = 0; i < Components.Length; i++)
        {
            if (Components[i].Code == code)
                return i;
        }

        return -1;
    }

    /// <summary>Position of the last component with a code, or -1.</summary>
    public int LastIndexOf(ulong code)
    {
        for (var i = Components.Length - 1; i >= 0; i--)
        {
            if (Components[i].Code == code)
                return i;
        }

        return -1;
    }

    /// <summary>
    /// The IP address the address begins with, behind an optional <c>/ip6zone</c>; with a circuit, the relay's. A zone
    /// that is a number becomes the scope id; for a name see <see cref="TryGetZone"/>.
    /// </summary>
    public bool TryGetIPAddress([NotNullWhen(true)] out IPAddress? ip)
    {
        ip = null;
        var index = Components[0].Code == MultiaddressCodes.Ip6Zone ? 1 : 0;
        if (index >= Components.Length)
            return false;
        var component = Components[index];
        if (component.Code == MultiaddressCodes.Ip6)
        {
            ip = new IPAddress(component.Value.Span);
            if (TryGetZone(out var zone) && uint.TryParse(zone, NumberStyles.None, CultureInfo.InvariantCulture, out var scope))
                ip.ScopeId = scope;
        }
        else if (component.Code == MultiaddressCodes.Ip4 && index == 0)
        {
            ip = new IPAddress(component.Value.Span);
        }

        return ip is not null;
    }

    /// <summary>The interface of a leading <c>/ip6zone</c>, name or number.</summary>
    public bool TryGetZone([NotNullWhen(true)] out string? zone)
    {
        zone = Components[0].Code == MultiaddressCodes.Ip6Zone ? Components[0].ValueText : null;
        return zone is not null;
    }

    /// <summary>The first TCP or UDP port, not looking behind <c>/p2p-circuit</c>. Port 0 is for listening only.</summary>
    public bool TryGetPort(out int port)
    {
        port = 0;
        foreach (var component in Components)
        {
            if (component.Code == MultiaddressCodes.P2pCircuit)
                return false;
            if (component.Code is MultiaddressCodes.Tcp or MultiaddressCodes.Udp)
            {
                port = (int)NumberFormat.Read(component.Value.Span);
                return true;
            }
        }

        return false;
    }

    /// <summary>IP address and port together; see <see cref="TryGetIPAddress"/> and <see cref="TryGetPort"/>.</summary>
    public bool TryGetIPEndPoint([NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = TryGetIPAddress(out var ip) && TryGetPort(out var port) ? new IPEndPoint(ip, port) : null;
        return endPoint is not null;
    }

    /// <summary>Appends another address.</summary>
    /// <exception cref="ArgumentException">
    /// The result would be longer than <see cref="MaxBytes"/>, or this address ends with a path or an unknown code,
    /// behind which nothing can stand.
    /// </exception>
    public Multiaddress Encapsulate(Multiaddress other)
        => TryEncapsulate(other, out var result)
            ? result
            : throw new ArgumentException("The address cannot be appended: too long, or nothing can follow this address.", nameof(other));

    /// <summary>Appends an address given as text.</summary>
    /// <exception cref="FormatException">The text is no address.</exception>
    /// <exception cref="ArgumentException">See <see cref="Encapsulate(Multiaddress)"/>.</exception>
    public Multiaddress Encapsulate(string other) => Encapsulate(Parse(other));

    /// <summary>Appends one component.</summary>
    /// <exception cref="ArgumentException">The value is invalid, or see <see cref="Encapsulate(Multiaddress)"/>.</exception>
    public Multiaddress Encapsulate(ulong code, ReadOnlySpan<byte> value = default)
        => Encapsulate(Create(new MultiaddressComponent(code, value.ToArray())));

    /// <summary>Appends another address; false where <see cref="Encapsulate(Multiaddress)"/> throws.</summary>
    public bool TryEncapsulate(Multiaddress other, [NotNullWhen(true)] out Multiaddress? result)
    {
        ArgumentNullException.ThrowIfNull(other);
        result = null;
        if (_bytes.Length + other._bytes.Length > MaxBytes || MultiaddressProtocol.Find(Components[^1].Code) is null or { IsPath: true })
            return false;
        result = new Multiaddress([.. _bytes, .. other._bytes]);
        return true;
    }

    /// <summary>
    /// Drops the last component with this code and everything behind it. Null when nothing is left, this address when
    /// it has no such component.
    /// </summary>
    public Multiaddress? Decapsulate(ulong code) => LastIndexOf(code) is >= 0 and var index ? Slice(0, index) : this;

    /// <summary>Some of the components; null when <paramref name="length"/> is 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range lies outside the address.</exception>
    public Multiaddress? Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)Components.Length, nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(Components.Length - start), nameof(length));
        if (length == 0)
            return null;
        if (length == Components.Length)
            return this;
        var end = start + length;
        return new Multiaddress(_bytes[OffsetOf(start)..(end == Components.Length ? _bytes.Length : OffsetOf(end))]);
    }

    /// <summary>Whether the components of <paramref name="suffix"/> are the last of this address.</summary>
    public bool EndsWith(Multiaddress suffix)
    {
        ArgumentNullException.ThrowIfNull(suffix);
        return suffix.Count <= Count && Components.AsSpan()[^suffix.Count..].SequenceEqual(suffix.Components.AsSpan());
    }

    private bool TryGetAt(int index, out MultiaddressComponent component)
    {
        component = index < 0 ? default : Components[index];
        return index >= 0;
    }

    private int OffsetOf(int index)
    {
        var reader = new MultiaddressReader(_bytes);
        var offset = 0;
        for (var i = 0; i < index && reader.TryReadNext(); i++)
            offset = reader.ValueOffset + reader.ValueLength;
        return offset;
    }
}
