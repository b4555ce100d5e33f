using System.Diagnostics;
using System.Diagnostics.Metrics;
using PeerNet.Core.Resources;

namespace PeerNet.Swarm.Metrics;

/// <summary>
/// The swarm's instruments. All swarms of a process share them; counts of one swarm are read from the swarm itself. Tags have few values:
/// never a peer, an address or a protocol of a peer's choosing.
/// </summary>
internal sealed class SwarmMetrics
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "PeerNet.Swarm";

    private static readonly Meter Meter = new(Name);
    private static readonly UpDownCounter<long> Connections = Meter.CreateUpDownCounter<long>("peernet.swarm.connections", "{connection}", "Open connections.");
    private static readonly UpDownCounter<long> Streams = Meter.CreateUpDownCounter<long>("peernet.swarm.streams", "{stream}", "Streams being served or in use, negotiation included.");
    private static readonly Counter<long> StreamsOpened = Meter.CreateCounter<long>("peernet.swarm.streams.opened", "{stream}", "Streams negotiated or failed.");
    private static readonly UpDownCounter<long> DialsInFlight = Meter.CreateUpDownCounter<long>("peernet.swarm.dials.in_flight", "{dial}", "Dials of peers that run now.");
    private static readonly Counter<long> Dials = Meter.CreateCounter<long>("peernet.swarm.dials", "{dial}", "Dials of peers that ended.");
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("peernet.swarm.dial.attempts", "{attempt}", "Attempts at single addresses that ended; addresses that were filtered out are not counted.");
    private static readonly Histogram<double> DialDuration = Meter.CreateHistogram<double>("peernet.swarm.dial.duration", "s", "Time to an upgraded connection; failed dials are not counted.");
    private static readonly Counter<long> InboundRefused = Meter.CreateCounter<long>("peernet.swarm.inbound.failed", "{connection}", "Inbound connections that were refused or did not come up.");
    private static readonly Counter<long> Trimmed = Meter.CreateCounter<long>("peernet.swarm.connections.trimmed", "{connection}", "Connections closed because there were too many.");
    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>("peernet.swarm.streams.refused", "{stream}", "Streams refused by a limit.");
    private static readonly Counter<long> Misbehaviours = Meter.CreateCounter<long>("peernet.swarm.misbehaviours", "{fault}", "Faults of peers, by kind.");

    private long _dialsInFlight;

    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Dials of peers that this swarm runs now.</summary>
    public long InFlight => Interlocked.Read(ref _dialsInFlight);

    public void ConnectionOpened(Direction direction, string transport) => Connections.Add(1, Tag(direction), new("transport", transport));

    public void ConnectionClosed(Direction direction, string transport) => Connections.Add(-1, Tag(direction), new("transport", transport));

    public void StreamOpened(Direction direction)
    {
        if (Streams.Enabled)
            Streams.Add(1, Tag(direction));
    }

    public void StreamClosed(Direction direction)
    {
        if (Streams.Enabled)
            Streams.Add(-1, Tag(direction));
    }

    public void StreamNegotiated(Direction direction, string outcome)
    {
        if (StreamsOpened.Enabled)
            StreamsOpened.Add(1, Tag(direction), new("outcome", outcome));
    }

    public void StreamRefused(Direction direction) => Refusals.Add(1, Tag(direction));

    public void DialStarted()
    {
        Interlocked.Increment(ref _dialsInFlight);
        DialsInFlight.Add(1);
    }

    public void DialEnded(string outcome, TimeSpan duration)
    {
        Interlocked.Decrement(ref _dialsInFlight);
        DialsInFlight.Add(-1);
        Dials.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        if (outcome == "connected")
            DialDuration.Record(duration.TotalSeconds);
    }

    public void AttemptEnded(string transport, string outcome) => Attempts.Add(1, new KeyValuePair<string, object?>("transport", transport), new("outcome", outcome));

    public void InboundFailed(string reason) => InboundRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void ConnectionsTrimmed(int count) => Trimmed.Add(count);

    public void Misbehaved(string protocol, string kind) => Misbehaviours.Add(1, new KeyValuePair<string, object?>("protocol", protocol), new("kind", kind));

    private static KeyValuePair<string, object?> Tag(Direction direction) => new("direction", direction == Direction.Inbound ? "inbound" : "outbound");
}
