using System.Diagnostics.Metrics;
using PeerNet.Core;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>The instruments of all request-response protocols; the tag names the protocol, which is the application's own.</summary>
internal static class RequestMetrics
{
    private static readonly Histogram<double> Duration = ProtocolsMeter.Instance.CreateHistogram<double>(
        "peernet.requests.duration", "s", "Time from the call to the response or the failure; calls cancelled by their caller are not counted.");

    private static readonly Counter<long> Requests = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.requests.served", "{request}", "Requests of other peers; those whose handler threw are not counted.");

    public static void Ended(ProtocolId protocol, string outcome, TimeSpan duration)
    {
        if (Duration.Enabled)
            Duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("protocol", protocol.Value), ProtocolsMeter.Outcome(outcome));
    }

    public static void Served(ProtocolId protocol, string outcome)
    {
        if (Requests.Enabled)
            Requests.Add(1, new KeyValuePair<string, object?>("protocol", protocol.Value), ProtocolsMeter.Outcome(outcome));
    }
}
