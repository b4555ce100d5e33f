using System.Net;
using System.Net.Sockets;
using System.Text;
using PeerNet.Connections.Transports.WebSocket;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.ConformanceTests.Transports;

/// <summary>A WebSocket listener and a WebSocket dialer against bare TCP.</summary>
[TestClass]
[TestCategory("Socket")]
public sealed class WebSocketHostileTests : IAsyncDisposable
{
    private const string Request =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

    private readonly WebSocketTransport _transport = new(new WebSocketOptions { HandshakeTimeout = TimeSpan.FromMinutes(2) });

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [TestMethod]
    public async Task Frames_sent_together_with_the_request_are_not_lost()
    {
        var (client, connection) = await UpgradeAsync([.. Encoding.ASCII.GetBytes(Request), .. Frame(0x82, "early"u8)]);
        using (client)
        {
            Assert.AreEqual("early", await ReceiveAsync(connection, 5));
            await client.SendAsync(Frame(0x82, "later"u8), Token);
            Assert.AreEqual("later", await ReceiveAsync(connection, 5));
        }
    }

    [TestMethod]
    public async Task Frame_boundaries_empty_frames_and_pings_carry_no_meaning()
    {
        var (client, connection) = await UpgradeAsync(Encoding.ASCII.GetBytes(Request));
        using (client)
        {
            await client.SendAsync((byte[])[.. Frame(0x02, "a"u8), .. Frame(0x89, "ping"u8), .. Frame(0x00, "b"u8), .. Frame(0x80, ""u8), .. Frame(0x82, ""u8), .. Frame(0x82, "c"u8)], Token);
            Assert.AreEqual("abc", await ReceiveAsync(connection, 3));

            // The ping was answered with its own text.
            var answer = new byte[6];
            await ReadAsync(client, answer);
            CollectionAssert.AreEqual(new byte[] { 0x8a, 0x04, (byte)'p', (byte)'i', (byte)'n', (byte)'g' }, answer);
        }
    }

    [TestMethod]
    [DataRow("text frame", new byte[] { 0x81, 0x81, 0, 0, 0, 0, 0x41 })]
    [DataRow("unmasked frame", new byte[] { 0x82, 0x01, 0x41 })]
    [DataRow("continuation without start", new byte[] { 0x80, 0x81, 0, 0, 0, 0, 0x41 })]
    [DataRow("length of 2^63", new byte[] { 0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })]
    [DataRow("ping of 126 bytes", new byte[] { 0x89, 0xfe, 0x00, 0x7e, 0, 0, 0, 0 })]
    [DataRow("reserved bit", new byte[] { 0xc2, 0x81, 0, 0, 0, 0, 0x41 })]
    [DataRow("unknown opcode", new byte[] { 0x83, 0x81, 0, 0, 0, 0, 0x41 })]
    [DataRow("close code out of range", new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe7 })]
    public async Task A_breach_of_the_protocol_ends_the_connection(string breach, byte[] frame)
    {
        var (client, connection) = await UpgradeAsync(Encoding.ASCII.GetBytes(Request));
        using (client)
        {
            await client.SendAsync((byte[])[.. frame, .. new byte[8]], Token);
            var error = await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await connection.ReceiveAsync(new byte[10], Token), breach);
            Assert.AreEqual(ConnectionCloseReason.ProtocolViolation, error.Reason, breach);
            await AssertEndsAsync(client);
        }
    }

    [TestMethod]
    [DataRow(new byte[] { 0x88, 0x80, 0, 0, 0, 0 }, true)]
    [DataRow(new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8 }, true)]
    [DataRow(new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9 }, false)]
    [DataRow(new byte[] { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf3 }, false)]
    public async Task A_close_code_is_an_end_or_a_failure(byte[] frame, bool isEnd)
    {
        var (client, connection) = await UpgradeAsync(Encoding.ASCII.GetBytes(Request));
        using (client)
        {
            await client.SendAsync(frame, Token);
            if (isEnd)
                Assert.AreEqual(0, await connection.ReceiveAsync(new byte[10], Token));
            else
                await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () => await connection.ReceiveAsync(new byte[10], Token));
        }
    }

    [TestMethod]
    public async Task An_end_of_tcp_without_a_close_frame_is_an_end()
    {
        var (client, connection) = await UpgradeAsync(Encoding.ASCII.GetBytes(Request));
        using (client)
        {
            await client.SendAsync(Frame(0x82, "x"u8), Token);
            client.Shutdown(SocketShutdown.Send);
            Assert.AreEqual("x", await ReceiveAsync(connection, 1));
            Assert.AreEqual(0, await connection.ReceiveAsync(new byte[10], Token));
            Assert.AreEqual(0, await connection.ReceiveAsync(new byte[10], Token));
        }
    }

    [TestMethod]
    [DataRow("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "426")]
    [DataRow("POST / HTTP/1.1\r\nHost: h\r\n\r\n", "405")]
    [DataRow("\x13/multistream/1.0.0\n\r\n\r\n", "400")]
    public async Task Who_asks_for_something_else_is_answered_and_closed(string request, string status)
    {
        var (client, opening) = await ConnectAsync();
        using (client)
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(request), Token);
            StringAssert.StartsWith(await ReadToEndAsync(client), $"HTTP/1.1 {status} ", StringComparison.Ordinal);
            Assert.AreEqual(HandshakeFailure.Malformed, (await Assert.ThrowsExactlyAsync<HandshakeException>(() => opening)).Reason);
        }
    }

    [TestMethod]
    public async Task A_head_of_a_megabyte_is_refused_at_its_limit()
    {
        var (client, opening) = await ConnectAsync();
        using (client)
        {
            var sending = client.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nX: " + new string('a', 1_000_000)), Token).AsTask();
            Assert.AreEqual(HandshakeFailure.Malformed, (await Assert.ThrowsExactlyAsync<HandshakeException>(() => opening)).Reason);
            try
            {
                await sending;
            }
            catch (SocketException)
            {
                // Reset under way: the listener did not read on.
            }
        }
    }

    [TestMethod]
    public async Task A_head_that_trickles_is_cut_off_by_the_deadline()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var (client, opening) = await ConnectAsync(deadline.Token);
        using (client)
        {
            await client.SendAsync("GET / HT"u8.ToArray(), Token);
            await Assert.ThrowsAsync<OperationCanceledException>(() => opening);
            await AssertEndsAsync(client);
        }
    }

    [TestMethod]
    [DataRow("HTTP/1.1 301 Moved\r\nLocation: /other\r\n\r\n", HandshakeFailure.Malformed)]
    [DataRow("SSH-2.0-OpenSSH_9.2\r\n\r\n", HandshakeFailure.Malformed)]
    [DataRow("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", HandshakeFailure.Malformed)]
    [DataRow("", HandshakeFailure.Closed)]
    [DataRow(null, HandshakeFailure.TimedOut)]
    public async Task A_server_that_does_not_open_is_left(string? answer, HandshakeFailure reason)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        await using var impatient = new WebSocketTransport(new WebSocketOptions { HandshakeTimeout = TimeSpan.FromMilliseconds(300) });
        var dialling = (answer is null ? impatient : _transport).DialAsync(Multiaddress.FromIPEndPoint((IPEndPoint)server.LocalEndPoint!, ProtocolType.Tcp).Encapsulate("/ws"), false, Token).AsTask();
        using var accepted = await server.AcceptAsync(Token);
        if (answer is not null)
        {
            await accepted.ReceiveAsync(new byte[4096], Token);
            await accepted.SendAsync(Encoding.ASCII.GetBytes(answer), Token);
            accepted.Shutdown(SocketShutdown.Send);
        }

        Assert.AreEqual(reason, (await Assert.ThrowsExactlyAsync<HandshakeException>(() => dialling)).Reason);
    }

    private static byte[] Frame(byte head, ReadOnlySpan<byte> body) => [head, (byte)(0x80 | body.Length), 0, 0, 0, 0, .. body];

    private async Task<(Socket Client, Task<RawConnection> Opening)> ConnectAsync(CancellationToken deadline = default)
    {
        await using var listener = await _transport.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0/ws"), Token);
        listener.Address.TryGetIPEndPoint(out var endPoint);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(endPoint!, Token);
        var inbound = await listener.AcceptAsync(Token);
        return (client, inbound!.OpenAsync(deadline == default ? Token : deadline).AsTask());
    }

    private async Task<(Socket Client, RawConnection Connection)> UpgradeAsync(byte[] first)
    {
        var (client, opening) = await ConnectAsync();
        await client.SendAsync(first, Token);
        var connection = await opening;
        var answer = new byte[129];
        await ReadAsync(client, answer);
        StringAssert.EndsWith(Encoding.ASCII.GetString(answer), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", StringComparison.Ordinal);
        return (client, connection);
    }

    private async Task ReadAsync(Socket client, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var received = await client.ReceiveAsync(buffer, Token);
            Assert.AreNotEqual(0, received);
            buffer = buffer[received..];
        }
    }

    private async Task<string> ReadToEndAsync(Socket client)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (await client.ReceiveAsync(buffer, Token) is > 0 and var received)
            text.Append(Encoding.ASCII.GetString(buffer, 0, received));
        return text.ToString();
    }

    private async Task AssertEndsAsync(Socket client)
    {
        try
        {
            await ReadToEndAsync(client);
        }
        catch (SocketException error)
        {
            Assert.AreEqual(SocketError.ConnectionReset, error.SocketErrorCode);
        }
    }

    private async Task<string> ReceiveAsync(RawConnection connection, int count)
    {
        var buffer = new byte[count];
        for (var at = 0; at < count;)
        {
            var received = await connection.ReceiveAsync(buffer.AsMemory(at), Token);
            Assert.AreNotEqual(0, received);
            at += received;
        }

        return Encoding.ASCII.GetString(buffer);
    }
}
