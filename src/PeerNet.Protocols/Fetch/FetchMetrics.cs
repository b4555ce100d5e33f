using System.Diagnostics.Metrics;

namespace PeerNet.Protocols.Fetch;

/// <summary>Fetch's instruments.</summary>
internal static class FetchMetrics
{
    private static readonly Counter<long> Requests = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.fetch.served", "{request}", "Requests of other peers, by outcome.");

    public static void Served(string outcome) => Requests.Add(1, ProtocolsMeter.Outcome(outcome));
}
