using System.Diagnostics.Metrics;

namespace PeerNet.Protocols.Ping;

/// <summary>Ping's instruments.</summary>
internal static class PingMetrics
{
    private static readonly Histogram<double> RoundTrip = ProtocolsMeter.Instance.CreateHistogram<double>(
        "peernet.ping.round_trip", "s", "Round-trip times of pings sent; the negotiation of the stream is not counted.");

    private static readonly Counter<long> Failures = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.ping.failures", "{ping}", "Pings that were not answered; pings cancelled by their caller are not counted.");

    private static readonly Counter<long> Answers = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.ping.answered", "{ping}", "Pings of other peers that were answered.");

    public static void Measured(TimeSpan roundTrip) => RoundTrip.Record(roundTrip.TotalSeconds);

    public static void Failed(string reason) => Failures.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public static void Answered() => Answers.Add(1);
}
