using System.Diagnostics.Metrics;

namespace PeerNet.Protocols.Perf;

/// <summary>Perf's instruments.</summary>
internal static class PerfMetrics
{
    private static readonly Counter<long> Requests = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.perf.served", "{request}", "Requests served to the end.");

    private static readonly Counter<long> Bytes = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.perf.served.bytes", "By", "Payload of requests served to the end; broken requests are not counted.");

    public static void Served(ulong received, ulong sent)
    {
        Requests.Add(1);
        Bytes.Add((long)Math.Min(received, long.MaxValue), new KeyValuePair<string, object?>("direction", "received"));
        Bytes.Add((long)Math.Min(sent, long.MaxValue), new KeyValuePair<string, object?>("direction", "sent"));
    }
}
