using System.Text.Json;

namespace PeerNet.Cli.Views;

/// <summary>One connection as the live view shows it.</summary>
internal sealed record RunRow(string Peer, string Agent, string Address, string Direction, double? RttMs, string Protocols, long Received, long Sent)
{
    /// <summary>Reads the control protocol's list of connections.</summary>
    public static IReadOnlyList<RunRow> From(JsonElement reply)
        => [.. reply.GetProperty("connections").EnumerateArray().Select(Read)];

    private static RunRow Read(JsonElement connection)
    {
        var protocols = connection.GetProperty("protocols").EnumerateArray().Select(protocol => ShortName(protocol.GetString()!)).Order(StringComparer.Ordinal);
        return new RunRow(
            connection.GetProperty("peerId").GetString()!,
            connection.TryGetProperty("agent", out var agent) ? Report.Clean(agent.GetString()) : "-",
            Report.WithoutPeer(connection.GetProperty("remoteAddr").GetString()!),
            connection.GetProperty("direction").GetString()!,
            connection.TryGetProperty("rtt", out var rtt) && rtt.ValueKind == JsonValueKind.Number ? rtt.GetDouble() : null,
            Report.Clean(string.Join(' ', protocols)),
            connection.GetProperty("bytesReceived").GetInt64(),
            connection.GetProperty("bytesSent").GetInt64());
    }

    // "/ipfs/id/push/1.0.0" reads as "push": what comes before is a family, what comes behind a version.
    private static string ShortName(string protocol)
    {
        var parts = protocol.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length < 2 ? protocol : parts[^2];
    }
}
