using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// What a WebSocket address says: <c>TCP/ws</c>, <c>TCP/wss</c>, <c>TCP/tls/ws</c> or <c>TCP/tls/sni/NAME/ws</c>, each with an optional
/// <c>/http-path/PATH</c> behind it.
/// </summary>
internal sealed record WebSocketTarget
{
    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    // RFC 3986, unreserved and the slash; everything else of a path is percent-encoded, and so nothing in an address can end the request line.
    private static readonly SearchValues<byte> PathBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"u8);

    // A name that a peer made up must not smuggle anything into a header.
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");

    /// <summary>The TCP address below.</summary>
    public required Multiaddress Tcp { get; init; }

    /// <summary>Whether TLS lies in between.</summary>
    public required bool IsSecure { get; init; }

    /// <summary>The name that TLS asks for, from <c>/sni</c>; null for a bare IP address.</summary>
    public string? ServerName { get; init; }

    /// <summary>The path of the request, percent-encoded; null when the address has none.</summary>
    public string? Path { get; init; }

    /// <summary>Takes an address apart; false when it is no WebSocket address with an IP address.</summary>
    public static bool TryParse(Multiaddress address, [NotNullWhen(true)] out WebSocketTarget? target)
    {
        target = null;
        var shape = address.Decapsulate(MultiaddressCodes.P2p) ?? address;
        string? path = null;
        if (shape.Components[^1] is { Code: MultiaddressCodes.HttpPath } component)
        {
            path = PathOf(component.Value.Span);
            if (shape.Slice(0, shape.Count - 1) is not { } front)
                return false;
            shape = front;
        }

        var kind = shape.GetTransport();
        if (kind is not (MultiaddressTransport.WebSocket or MultiaddressTransport.SecureWebSocket) || shape.IsDns())
            return false;
        var name = shape.TryGet(MultiaddressCodes.Sni, out var sni) ? sni.ValueText : null;
        if (name is not null && name.AsSpan().ContainsAnyExcept(HostCharacters))
            return false;
        target = new WebSocketTarget
        {
            Tcp = shape.Slice(0, shape.IndexOf(MultiaddressCodes.Tcp) + 1)!,
            IsSecure = kind == MultiaddressTransport.SecureWebSocket,
            ServerName = name,
            Path = path,
        };
        return true;
    }

    /// <summary>The address of a listener with these properties, in the documented spelling.</summary>
    public Multiaddress ListeningAddress(Multiaddress tcp)
    {
        var text = IsSecure ? ServerName is null ? "/tls/ws" : $"/tls/sni/{ServerName}/ws" : "/ws";
        var address = tcp.Encapsulate(text);
        return Path is null ? address : address.Encapsulate(MultiaddressCodes.HttpPath, Encoding.UTF8.GetBytes(Uri.UnescapeDataString(Path[1..])));
    }

    /// <summary>The address of a connection's end that nobody listens on.</summary>
    public Multiaddress ConnectionAddress(Multiaddress tcp) => tcp.Encapsulate(IsSecure ? "/tls/ws" : "/ws");

    /// <summary>The <c>Host</c> header: the name or address, and the port where it is not the scheme's own.</summary>
    public string HostHeader(IPEndPoint endPoint)
    {
        var host = ServerName ?? HostOf(endPoint);
        return endPoint.Port == (IsSecure ? HttpsPort : HttpPort) ? host : $"{host}:{endPoint.Port}";
    }

    /// <summary>The name that TLS asks for and the certificate must be for; an address is not sent as a name.</summary>
    public string TlsHost(IPEndPoint endPoint) => ServerName ?? new IPAddress(endPoint.Address.GetAddressBytes()).ToString();

    private static string HostOf(IPEndPoint endPoint)
    {
        // A zone means nothing to the server.
        var address = new IPAddress(endPoint.Address.GetAddressBytes());
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }

    private static string PathOf(ReadOnlySpan<byte> value)
    {
        var path = new StringBuilder(value.Length + 1);
        if (value.IsEmpty || value[0] != (byte)'/')
            path.Append('/');
        foreach (var b in value)
        {
            if (PathBytes.Contains(b))
                path.Append((char)b);
            else
                path.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return path.ToString();
    }
}
