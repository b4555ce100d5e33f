using System.Diagnostics.Metrics;

namespace PeerNet.Protocols.Identify;

/// <summary>Identify's instruments.</summary>
internal static class IdentifyMetrics
{
    private static readonly Histogram<double> Requests = ProtocolsMeter.Instance.CreateHistogram<double>(
        "peernet.identify.duration", "s", "Time that asking a peer took, by outcome; waiting for a place is not counted.");

    private static readonly Counter<long> Answers = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.identify.answers", "{message}", "Peers that asked, by outcome.");

    private static readonly Counter<long> PushesSent = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.identify.pushes.sent", "{message}", "Pushes to peers, by outcome.");

    private static readonly Counter<long> PushesReceived = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.identify.pushes.received", "{message}", "Pushes of peers, by outcome.");

    private static readonly Counter<long> LeftOut = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.identify.entries.left_out", "{entry}", "Addresses and protocols in messages of peers that were no use: unreadable, or too many.");

    public static void Asked(string outcome, TimeSpan duration) => Requests.Record(duration.TotalSeconds, ProtocolsMeter.Outcome(outcome));

    public static void Answered(string outcome) => Answers.Add(1, ProtocolsMeter.Outcome(outcome));

    public static void PushSent(string outcome) => PushesSent.Add(1, ProtocolsMeter.Outcome(outcome));

    public static void PushReceived(string outcome) => PushesReceived.Add(1, ProtocolsMeter.Outcome(outcome));

    public static void EntriesLeftOut(int count)
    {
        if (count > 0)
            LeftOut.Add(count);
    }
}
