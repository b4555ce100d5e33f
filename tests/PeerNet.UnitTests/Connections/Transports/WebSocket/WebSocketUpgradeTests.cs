using System.Buffers;
using System.Text;
using PeerNet.Connections.Transports.WebSocket;

namespace PeerNet.UnitTests.Connections.Transports.WebSocket;

[TestClass]
public sealed class WebSocketUpgradeTests
{
    // The example of RFC 6455, section 1.3.
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    private const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private const string GoodRequest =
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + Key + "\r\nSec-WebSocket-Version: 13\r\n\r\n";

    private const string GoodResponse =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + Accept + "\r\n\r\n";

    [TestMethod]
    public void The_proof_is_that_of_the_specification() => Assert.AreEqual(Accept, WebSocketUpgrade.AcceptFor(Encoding.ASCII.GetBytes(Key)));

    [TestMethod]
    public void Client_and_server_understand_each_other()
    {
        var key = WebSocketUpgrade.CreateKey();
        var request = WebSocketUpgrade.Request("/a%20b", "example.com:8080", key);
        Assert.AreEqual(OperationStatus.Done, WebSocketUpgrade.JudgeRequest(request, "/a%20b", out var consumed, out var response, out _));
        Assert.AreEqual(request.Length, consumed);
        Assert.AreEqual(OperationStatus.Done, WebSocketUpgrade.JudgeResponse(response, key, out consumed, out _));
        Assert.AreEqual(response!.Length, consumed);
        Assert.AreEqual(OperationStatus.InvalidData, WebSocketUpgrade.JudgeResponse(response, WebSocketUpgrade.CreateKey(), out _, out _));
    }

    [TestMethod]
    public void Every_cut_needs_more_and_what_follows_is_left()
    {
        var request = Encoding.ASCII.GetBytes(GoodRequest);
        var response = Encoding.ASCII.GetBytes(GoodResponse);
        for (var length = 0; length < request.Length; length++)
            Assert.AreEqual(OperationStatus.NeedMoreData, WebSocketUpgrade.JudgeRequest(request.AsSpan(0, length), null, out _, out _, out _));
        for (var length = 0; length < response.Length; length++)
            Assert.AreEqual(OperationStatus.NeedMoreData, WebSocketUpgrade.JudgeResponse(response.AsSpan(0, length), Key, out _, out _));
        Assert.AreEqual(OperationStatus.Done, WebSocketUpgrade.JudgeRequest([.. request, 0x82, 0x80], null, out var consumed, out _, out _));
        Assert.AreEqual(request.Length, consumed);
    }

    [TestMethod]
    [DataRow("Upgrade: websocket", "upgrade: h2c, WebSocket")]
    [DataRow("Connection: Upgrade", "CONNECTION: keep-alive,  upgrade ")]
    [DataRow("GET / ", "GET /any?query=1 ")]
    [DataRow("Host: h", "Host: h\r\nOrigin: https://evil.example\r\nCookie: a=b")]
    [DataRow("Host: h", "Host: h\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat")]
    [DataRow("Host: h", "Host: h\r\nContent-Length: 0")]
    public void What_browsers_send_is_taken(string part, string replacement)
    {
        var request = Encoding.ASCII.GetBytes(GoodRequest.Replace(part, replacement, StringComparison.Ordinal));
        Assert.AreEqual(OperationStatus.Done, WebSocketUpgrade.JudgeRequest(request, null, out _, out var response, out _));
        Assert.AreEqual(GoodResponse, Encoding.ASCII.GetString(response!));
    }

    [TestMethod]
    [DataRow("GET / ", "POST / ", 405)]
    [DataRow("GET / ", "GET * ", 400)]
    [DataRow("GET / ", "GET /a b ", 400)]
    [DataRow("GET / HTTP/1.1", "GET  HTTP/1.1", 400)]
    [DataRow("HTTP/1.1", "HTTP/1.0", 505)]
    [DataRow("HTTP/1.1", "HTTP/2.0", 505)]
    [DataRow("Upgrade: websocket\r\n", "", 426)]
    [DataRow("Upgrade: websocket", "Upgrade: websockets", 426)]
    [DataRow("Connection: Upgrade\r\n", "", 426)]
    [DataRow("Version: 13", "Version: 8", 426)]
    [DataRow("Sec-WebSocket-Version: 13\r\n", "", 426)]
    [DataRow("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400)]
    [DataRow("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZ", 400)]
    [DataRow("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQAA", 400)]
    [DataRow("Host: h", "Host: h\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400)]
    [DataRow("Host: h", "Host: a\r\nHost: b", 400)]
    [DataRow("Host: h", "Host: h\r\n folded", 400)]
    [DataRow("Host: h", "Host: h\rX: y", 400)]
    [DataRow("Host: h", "Host: h\nX: y", 400)]
    [DataRow("Host: h", "Host : h", 400)]
    [DataRow("Host: h", ": h", 400)]
    [DataRow("Host: h", "Host: h\r\nContent-Length: 5", 400)]
    [DataRow("Host: h", "Host: h\r\nTransfer-Encoding: chunked", 400)]
    public void What_is_no_upgrade_is_told_so(string part, string replacement, int status)
    {
        var request = Encoding.ASCII.GetBytes(GoodRequest.Replace(part, replacement, StringComparison.Ordinal));
        Assert.AreEqual(OperationStatus.InvalidData, WebSocketUpgrade.JudgeRequest(request, null, out _, out var response, out var fault));
        StringAssert.StartsWith(Encoding.ASCII.GetString(response!), $"HTTP/1.1 {status} ", StringComparison.Ordinal);
        Assert.IsNotNull(fault);
    }

    [TestMethod]
    public void Another_path_is_not_found()
    {
        Assert.AreEqual(OperationStatus.InvalidData, WebSocketUpgrade.JudgeRequest(Encoding.ASCII.GetBytes(GoodRequest), "/p2p", out _, out var response, out _));
        StringAssert.StartsWith(Encoding.ASCII.GetString(response!), "HTTP/1.1 404 ", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("101", "200")]
    [DataRow("101", "301")]
    [DataRow("101", "1011")]
    [DataRow("HTTP/1.1", "HTTP/1.0")]
    [DataRow("HTTP/1.1 101 Switching Protocols", "SSH-2.0-OpenSSH_9.2")]
    [DataRow("Upgrade: websocket\r\n", "")]
    [DataRow("Connection: Upgrade\r\n", "")]
    [DataRow("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo")]
    [DataRow("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate")]
    [DataRow("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Protocol: chat")]
    public void A_wrong_answer_is_refused(string part, string replacement)
        => Assert.AreEqual(
            OperationStatus.InvalidData,
            WebSocketUpgrade.JudgeResponse(Encoding.ASCII.GetBytes(GoodResponse.Replace(part, replacement, StringComparison.Ordinal)), Key, out _, out _));

    [TestMethod]
    public void A_head_without_end_is_refused_at_the_limit()
    {
        var endless = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nX: " + new string('a', HttpHead.MaxBytes));
        Assert.AreEqual(OperationStatus.NeedMoreData, WebSocketUpgrade.JudgeRequest(endless.AsSpan(0, HttpHead.MaxBytes - 1), null, out _, out _, out _));
        Assert.AreEqual(OperationStatus.InvalidData, WebSocketUpgrade.JudgeRequest(endless, null, out _, out var response, out _));
        StringAssert.StartsWith(Encoding.ASCII.GetString(response!), "HTTP/1.1 431 ", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Too_many_fields_are_refused()
    {
        var many = string.Concat(Enumerable.Repeat("A: b\r\n", HttpHead.MaxFields));
        Assert.AreEqual(OperationStatus.InvalidData, WebSocketUpgrade.JudgeRequest(Encoding.ASCII.GetBytes(GoodRequest.Replace("Host: h\r\n", "Host: h\r\n" + many, StringComparison.Ordinal)), null, out _, out _, out _));
    }
}
