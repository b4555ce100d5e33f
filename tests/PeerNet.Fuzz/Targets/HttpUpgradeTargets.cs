using System.Buffers;
using System.Text;
using PeerNet.Connections.Transports.WebSocket;

namespace PeerNet.Fuzz.Targets;

/// <summary>What a WebSocket server makes of a request.</summary>
internal sealed class HttpUpgradeRequestTarget : IFuzzTarget
{
    public static string Name => "http-upgrade-request";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var status = WebSocketUpgrade.JudgeRequest(data, null, out var consumed, out var response, out var fault);
        Oracle.Require((status == OperationStatus.NeedMoreData) == (response is null), "every judgement has an answer");
        Oracle.Require((status == OperationStatus.InvalidData) == (fault is not null), "every refusal has a reason");
        if (status != OperationStatus.Done)
            return;
        Oracle.Require(data[..consumed].EndsWith("\r\n\r\n"u8), "a head ends with an empty line");
        Oracle.Require(!data[..(consumed - 1)].EndsWith("\r\n\r\n"u8), "a head ends with the first empty line");
        Oracle.Require(consumed <= HttpHead.MaxBytes, "a head is bounded");

        // Another path for the same question, and every shorter piece is not enough.
        Oracle.Require(WebSocketUpgrade.JudgeRequest(data[..(consumed - 1)], null, out _, out _, out _) == OperationStatus.NeedMoreData, "a piece is not enough");
        Oracle.Require(Encoding.ASCII.GetString(response!).StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal), "an upgrade is answered with 101");
    }
}

/// <summary>What a WebSocket client makes of an answer.</summary>
internal sealed class HttpUpgradeResponseTarget : IFuzzTarget
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    public static string Name => "http-upgrade-response";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var status = WebSocketUpgrade.JudgeResponse(data, Key, out var consumed, out var fault);
        Oracle.Require((status == OperationStatus.InvalidData) == (fault is not null), "every refusal has a reason");
        if (status != OperationStatus.Done)
            return;
        Oracle.Require(data[..consumed].IndexOf("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="u8) > 0, "the proof is in it");
        Oracle.Require(data.StartsWith("HTTP/1.1 101"u8), "only 101 is an upgrade");
    }
}
