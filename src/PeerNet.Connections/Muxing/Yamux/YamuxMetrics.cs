using System.Diagnostics.Metrics;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// The instruments of all Yamux connections of the process. What one connection has done is in its <see cref="YamuxCounters"/>. Control
/// frames other than window updates are not counted.
/// </summary>
internal static class YamuxMetrics
{
    private static readonly Meter Meter = new("PeerNet.Connections");
    private static readonly Counter<long> Frames = Meter.CreateCounter<long>("peernet.yamux.sealed.frames", "{frame}", "Frames of secure connections that were sealed.");
    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>("peernet.yamux.sealed.bytes", "By", "Plaintext in them.");
    private static readonly Counter<long> Sends = Meter.CreateCounter<long>("peernet.yamux.sends", "{send}", "Calls to the transport.");
    private static readonly Counter<long> Updates = Meter.CreateCounter<long>("peernet.yamux.window_updates", "{frame}", "Window updates sent, alone or together with data.");
    private static readonly Counter<long> Streams = Meter.CreateCounter<long>("peernet.yamux.streams", "{stream}", "Streams opened, by who opened them.");
    private static readonly Counter<long> Resets = Meter.CreateCounter<long>("peernet.yamux.resets", "{stream}", "Streams reset, by who reset them.");
    private static readonly Counter<long> Violations = Meter.CreateCounter<long>("peernet.yamux.violations", "{connection}", "Connections ended because the peer broke the protocol.");

    public static void Sent(int frames, int bytes)
    {
        if (!Sends.Enabled)
            return;
        Frames.Add(frames);
        Bytes.Add(bytes);
        Sends.Add(1);
    }

    public static void WindowUpdatesSent(long count, bool withData)
    {
        if (count > 0 && Updates.Enabled)
            Updates.Add(count, new KeyValuePair<string, object?>("with_data", withData));
    }

    public static void StreamOpened(bool isOutbound)
    {
        if (Streams.Enabled)
            Streams.Add(1, new KeyValuePair<string, object?>("direction", isOutbound ? "outbound" : "inbound"));
    }

    public static void StreamReset(bool byPeer)
    {
        if (Resets.Enabled)
            Resets.Add(1, new KeyValuePair<string, object?>("by", byPeer ? "peer" : "us"));
    }

    public static void Violated(YamuxViolation violation) => Violations.Add(1, new KeyValuePair<string, object?>("violation", violation.ToString()));
}
