using System.Diagnostics.Metrics;

namespace PeerNet.Hivemind;

/// <summary>
/// Hivemind's instruments. All nodes of a process share them. Tags have few values: never a peer, a key or a method of an application.
/// </summary>
internal static class HivemindMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "PeerNet.Hivemind";

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> CallsMade = Meter.CreateHistogram<double>(
        "peernet.hivemind.call.duration", "s", "Time of calls that this node made, by style and outcome.");

    private static readonly Counter<long> CallsServed = Meter.CreateCounter<long>(
        "peernet.hivemind.calls.served", "{call}", "Calls of peers, by style and outcome.");

    private static readonly Histogram<double> Lookups = Meter.CreateHistogram<double>(
        "peernet.hivemind.lookup.duration", "s", "Time of searches in the table, by purpose.");

    private static readonly Histogram<long> LookupCalls = Meter.CreateHistogram<long>(
        "peernet.hivemind.lookup.calls", "{call}", "Find calls of a search, by purpose.");

    private static readonly Counter<long> RecordsStored = Meter.CreateCounter<long>(
        "peernet.hivemind.records.received", "{record}", "Records that peers stored here, by outcome.");

    private static readonly UpDownCounter<long> Members = Meter.CreateUpDownCounter<long>(
        "peernet.hivemind.table.members", "{peer}", "Members of tables, all tables of the process together.");

    private static readonly Histogram<double> Averagings = Meter.CreateHistogram<double>(
        "peernet.hivemind.averaging.duration", "s", "Time of steps of averaging, the search for a group included, by outcome.");

    public static void Averaged(bool isAveraged, TimeSpan duration) => Averagings.Record(duration.TotalSeconds, Tag("outcome", isAveraged ? "averaged" : "failed"));

    public static void Made(string style, string outcome, TimeSpan duration) => CallsMade.Record(duration.TotalSeconds, Tag("style", style), Tag("outcome", outcome));

    public static void Served(string style, string outcome) => CallsServed.Add(1, Tag("style", style), Tag("outcome", outcome));

    public static void Searched(string purpose, TimeSpan duration, int calls)
    {
        Lookups.Record(duration.TotalSeconds, Tag("purpose", purpose));
        LookupCalls.Record(calls, Tag("purpose", purpose));
    }

    public static void Received(bool isStored) => RecordsStored.Add(1, Tag("outcome", isStored ? "stored" : "refused"));

    public static void MembersChanged(int by) => Members.Add(by);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
