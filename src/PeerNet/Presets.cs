using PeerNet.Configuration;

namespace PeerNet;

/// <summary>Options as named intent; change what is returned before it is used.</summary>
public static class Presets
{
    /// <summary>
    /// Where a node listens that was told nothing: TCP and WebSocket on every interface. The ports are the project's own, so that a node keeps
    /// its addresses over restarts without meeting Kubo's 4001.
    /// </summary>
    public static IReadOnlyList<string> DefaultListen { get; } =
        ["/ip4/0.0.0.0/tcp/4801", "/ip6/::/tcp/4801", "/ip4/0.0.0.0/tcp/4802/ws"];

    /// <summary>Dials, listens nowhere, remembers nothing: for tools.</summary>
    public static PeerNodeOptions Client() => new();

    /// <summary>Listens on every interface on the default ports and keeps its identity in the user's data folder.</summary>
    public static PeerNodeOptions Server()
    {
        var options = new PeerNodeOptions { DataFolder = DataFolder.Default };
        foreach (var address in DefaultListen)
            options.Listen.Add(address);
        return options;
    }

    /// <summary>Listens on loopback on free ports, without limits per address: for tests and for trying things out on one machine.</summary>
    public static PeerNodeOptions Loopback()
        => new() { Listen = ["/ip4/127.0.0.1/tcp/0"], Limits = new LimitNodeOptions { ConnectionsPerIp = int.MaxValue } };
}
