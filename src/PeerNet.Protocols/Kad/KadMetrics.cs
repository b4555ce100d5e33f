using System.Diagnostics.Metrics;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Wire;

namespace PeerNet.Protocols.Kad;

/// <summary>Kademlia's instruments.</summary>
internal static class KadMetrics
{
    private static readonly Histogram<double> Lookups = ProtocolsMeter.Instance.CreateHistogram<double>(
        "peernet.kad.lookup.duration", "s", "Time of lookups, by purpose and outcome.");

    private static readonly Histogram<long> LookupRequests = ProtocolsMeter.Instance.CreateHistogram<long>(
        "peernet.kad.lookup.requests", "{request}", "Requests of a lookup, by purpose. Checks of single peers are not counted.");

    private static readonly Counter<long> RequestsMade = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.kad.requests.made", "{request}", "Requests of this node, by type and outcome.");

    private static readonly Counter<long> RequestsServed = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.kad.requests.served", "{request}", "Requests of peers, by type and outcome.");

    private static readonly Counter<long> RecordsRefused = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.kad.records.refused", "{record}", "Records of peers that were not kept though the request was in order, by reason.");

    private static readonly Counter<long> PeersLeftOut = ProtocolsMeter.Instance.CreateCounter<long>(
        "peernet.kad.answers.left_out", "{peer}", "Peers in answers that were no use: ids that are none, and what is beyond the limits.");

    private static readonly UpDownCounter<long> Members = ProtocolsMeter.Instance.CreateUpDownCounter<long>(
        "peernet.kad.table.members", "{peer}", "Members of routing tables, all tables of the process together.");

    public static void LookedUp(string purpose, LookupOutcome outcome, TimeSpan duration, int requests)
    {
        Lookups.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("purpose", purpose), ProtocolsMeter.Outcome(Name(outcome)));
        LookupRequests.Record(requests, new KeyValuePair<string, object?>("purpose", purpose));
    }

    public static void Made(KadMessageType type, string outcome) => RequestsMade.Add(1, Type(type), ProtocolsMeter.Outcome(outcome));

    public static void Served(KadMessageType type, string outcome) => RequestsServed.Add(1, Type(type), ProtocolsMeter.Outcome(outcome));

    public static void Refused(string reason) => RecordsRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public static void LeftOut(int peers)
    {
        if (peers > 0)
            PeersLeftOut.Add(peers);
    }

    public static void MembersChanged(int by) => Members.Add(by);

    // A peer's own number is no tag value.
    private static KeyValuePair<string, object?> Type(KadMessageType type) => new("type", type switch
    {
        KadMessageType.PutValue => "put_value",
        KadMessageType.GetValue => "get_value",
        KadMessageType.AddProvider => "add_provider",
        KadMessageType.GetProviders => "get_providers",
        KadMessageType.FindNode => "find_node",
        KadMessageType.Ping => "ping",
        _ => "unknown",
    });

    private static string Name(LookupOutcome outcome) => outcome switch
    {
        LookupOutcome.Converged => "converged",
        LookupOutcome.Starved => "starved",
        LookupOutcome.TimedOut => "timed_out",
        LookupOutcome.Exhausted => "exhausted",
        LookupOutcome.Stopped => "stopped",
        _ => "running",
    };
}
