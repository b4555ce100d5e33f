using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// The opening handshake of RFC 6455, section 4, as functions of bytes: what a client asks and how it judges the answer, how a server judges the
/// question and what it answers. No extension and no subprotocol is ever agreed on.
/// </summary>
internal static class WebSocketUpgrade
{
    // Specification (RFC 6455, sections 1.3 and 4.1).
    private const int KeyBytes = 16;
    private const int KeyTextLength = 24;

    private static ReadOnlySpan<byte> KeySuffix => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>A client's key: 16 bytes of chance as base64.</summary>
    public static string CreateKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>The proof that a server has read the key.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 prescribes SHA-1; nothing is protected by it.")]
    public static string AcceptFor(ReadOnlySpan<byte> key) => Convert.ToBase64String(SHA1.HashData([.. key, .. KeySuffix]));

    /// <summary>A client's request.</summary>
    /// <param name="target">Path, percent-encoded, with its leading slash.</param>
    /// <param name="host">Host and, where it is not the default, port.</param>
    /// <param name="key">From <see cref="CreateKey"/>.</param>
    public static byte[] Request(string target, string host, string key) => Encoding.ASCII.GetBytes(
        $"GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n");

    /// <summary>Judges a server's answer.</summary>
    /// <returns><see cref="OperationStatus.Done"/> when the connection is a WebSocket now.</returns>
    public static OperationStatus JudgeResponse(ReadOnlySpan<byte> source, string key, out int consumed, out string? fault)
    {
        var status = HttpHead.TryParse(source, out var head, out consumed, out fault);
        if (status != OperationStatus.Done)
            return status;
        var line = head.StartLine;
        if (!line.StartsWith("HTTP/1.1 "u8) || line.Length < 12 || !Utf8Parser.TryParse(line.Slice(9, 3), out int code, out var digits) || digits != 3
            || (line.Length > 12 && line[12] != (byte)' '))
        {
            fault = "the answer is not HTTP/1.1";
        }
        else if (code != 101)
        {
            fault = $"the server answered with HTTP status {code}";
        }
        else if (!head.HasToken("Upgrade"u8, "websocket"u8) || !head.HasToken("Connection"u8, "Upgrade"u8))
        {
            fault = "the server did not switch to WebSocket";
        }
        else if (!head.TryGetSingle("Sec-WebSocket-Accept"u8, out var accept) || !Ascii.Equals(accept, AcceptFor(Encoding.ASCII.GetBytes(key))))
        {
            fault = "the server did not answer to this request's key";
        }
        else if (head.Has("Sec-WebSocket-Extensions"u8) || head.Has("Sec-WebSocket-Protocol"u8))
        {
            fault = "the server agreed to something that was not offered";
        }

        return fault is null ? OperationStatus.Done : OperationStatus.InvalidData;
    }

    /// <summary>Judges a client's request and says what to answer.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="path">The only path that is served, percent-encoded; null serves all.</param>
    /// <param name="consumed">Bytes of the request; what follows is the client's first frames.</param>
    /// <param name="response">What to answer; null as long as more must be read.</param>
    /// <param name="fault">Why it is no upgrade.</param>
    /// <returns><see cref="OperationStatus.Done"/> when the connection is a WebSocket once the answer is sent.</returns>
    public static OperationStatus JudgeRequest(ReadOnlySpan<byte> source, string? path, out int consumed, out byte[]? response, out string? fault)
    {
        response = null;
        var status = HttpHead.TryParse(source, out var head, out consumed, out fault);
        if (status == OperationStatus.NeedMoreData)
            return status;
        if (status == OperationStatus.InvalidData)
        {
            response = Refuse(source.Length >= HttpHead.MaxBytes ? "431 Request Header Fields Too Large" : "400 Bad Request");
            return status;
        }

        var line = head.StartLine;
        if (!line.EndsWith(" HTTP/1.1"u8))
            return Refused("505 HTTP Version Not Supported", "the request is not HTTP/1.1", out response, out fault);
        if (!line.StartsWith("GET "u8))
            return Refused("405 Method Not Allowed", "the request is no GET", out response, out fault, "Allow: GET\r\n");
        if (line.Length < 14 || line[4..^9] is var target && (target.Contains((byte)' ') || target[0] != (byte)'/'))
            return Refused("400 Bad Request", "the request's target is malformed", out response, out fault);
        if (path is not null && !Ascii.Equals(WithoutQuery(target), path))
            return Refused("404 Not Found", "the request is for another path", out response, out fault);
        if (!head.HasToken("Upgrade"u8, "websocket"u8) || !head.HasToken("Connection"u8, "Upgrade"u8))
            return Refused("426 Upgrade Required", "the request is no upgrade", out response, out fault, "Upgrade: websocket\r\n");
        if (!head.TryGetSingle("Sec-WebSocket-Version"u8, out var version) || !version.SequenceEqual("13"u8))
            return Refused("426 Upgrade Required", "the client speaks another version of WebSocket", out response, out fault, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
        if (!head.TryGetSingle("Host"u8, out _) || !head.TryGetSingle("Sec-WebSocket-Key"u8, out var key) || !IsKey(key))
            return Refused("400 Bad Request", "the request has no valid key or host", out response, out fault);
        if (head.Has("Transfer-Encoding"u8) || (head.TryGetSingle("Content-Length"u8, out var length) ? !length.SequenceEqual("0"u8) : head.Has("Content-Length"u8)))
            return Refused("400 Bad Request", "the request has a body", out response, out fault);

        response = Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {AcceptFor(key)}\r\n\r\n");
        return OperationStatus.Done;
    }

    private static ReadOnlySpan<byte> WithoutQuery(ReadOnlySpan<byte> target)
        => target.IndexOf((byte)'?') is >= 0 and var query ? target[..query] : target;

    private static bool IsKey(ReadOnlySpan<byte> key)
    {
        Span<byte> decoded = stackalloc byte[KeyTextLength];
        return key.Length == KeyTextLength
            && Base64.DecodeFromUtf8(key, decoded, out _, out var written) == OperationStatus.Done
            && written == KeyBytes;
    }

    private static OperationStatus Refused(string status, string reason, out byte[] response, out string fault, string fields = "")
    {
        response = Refuse(status, fields);
        fault = reason;
        return OperationStatus.InvalidData;
    }

    private static byte[] Refuse(string status, string fields = "")
        => Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{fields}Connection: close\r\nContent-Length: 0\r\n\r\n");
}
