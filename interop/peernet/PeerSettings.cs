using System.Globalization;
using PeerNet.Configuration;

namespace PeerNet.Interop.Peer;

/// <summary>
/// The <c>--set GROUP.OPTION=VALUE</c> pairs: durations are in milliseconds, as for every peer. What means nothing here is told on stderr and
/// left out, so that a scenario can set an option of several kinds at once.
/// </summary>
internal sealed class PeerSettings(IEnumerable<string> pairs)
{
    public const string HelpText = "yamux.{maxStreamWindowSize,maxInboundStreams,maxIncomingStreams,maxOutboundStreams,acceptBacklog,keepAliveInterval,"
        + "connectionWriteTimeout} cm.{maxConnections,maxIncoming,maxPerPeer,low,high,gracePeriod,silencePeriod} tcp.reuseport "
        + "identify.{timeout,activationThreshold} ping.timeout perf.maxInboundStreams rcmgr.connsPerIP";

    public ComponentOptions Apply(PeerNodeOptions options, ComponentOptions components)
    {
        foreach (var pair in pairs)
        {
            var parts = pair.Split('=', 2);
            if (parts.Length != 2)
                throw new FormatException($"--set {pair}: expected GROUP.OPTION=VALUE");
            try
            {
                components = Apply(parts[0], parts[1], options, components);
            }
            catch (Exception error) when (error is FormatException or OverflowException)
            {
                throw new FormatException($"--set {pair}: {error.Message}", error);
            }
        }

        return components;
    }

    private static ComponentOptions Apply(string path, string value, PeerNodeOptions options, ComponentOptions components)
    {
        switch (path)
        {
            case "yamux.maxStreamWindowSize":
                return components with { Yamux = components.Yamux with { MaxStreamWindowBytes = Number(value) } };
            case "yamux.maxInboundStreams" or "yamux.maxIncomingStreams":
                return components with { Yamux = components.Yamux with { MaxInboundStreams = Number(value) } };
            case "yamux.maxOutboundStreams":
                return components with { Yamux = components.Yamux with { MaxStreamsBeforeOpenWaits = Number(value) } };
            case "yamux.acceptBacklog":
                return components with { Yamux = components.Yamux with { MaxUnacceptedStreams = Number(value) } };
            case "yamux.keepAliveInterval":
                return components with { Yamux = components.Yamux with { KeepAliveInterval = Time(value) } };
            case "yamux.connectionWriteTimeout":
                return components with { Yamux = components.Yamux with { WriteTimeout = Time(value) } };
            case "tcp.reuseport":
                return components with { Tcp = components.Tcp with { ReusePort = bool.Parse(value) } };
            case "identify.timeout":
                return components with { Identify = components.Identify with { Timeout = Time(value) } };
            case "identify.activationThreshold":
                return components with { Listening = components.Listening with { ObservedAddressThreshold = Number(value) } };
            case "ping.timeout":
                return components with { Ping = components.Ping with { Timeout = Time(value) } };
            case "perf.maxInboundStreams":
                return components with { Perf = components.Perf with { MaxInboundStreams = Number(value) } };
            case "cm.silencePeriod":
                return components with { Connections = components.Connections with { SilencePeriod = Time(value) } };
            case "cm.maxConnections":
                options.Limits.Connections = Number(value);
                return components;
            case "cm.maxIncoming":
                options.Limits.InboundConnections = Number(value);
                return components;
            case "cm.maxPerPeer":
                options.Limits.ConnectionsPerPeer = Number(value);
                return components;
            case "cm.low":
                options.ConnectionManager.Low = Number(value);
                return components;
            case "cm.high":
                options.ConnectionManager.High = Number(value);
                return components;
            case "cm.gracePeriod":
                options.ConnectionManager.GracePeriod = Time(value);
                return components;
            case "rcmgr.connsPerIP":
                options.Limits.ConnectionsPerIp = Number(value);
                return components;
            default:
                Console.Error.WriteLine($"--set {path}: means nothing to this peer");
                return components;
        }
    }

    private static int Number(string value) => int.Parse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static TimeSpan Time(string value) => TimeSpan.FromMilliseconds(double.Parse(value, CultureInfo.InvariantCulture));
}
