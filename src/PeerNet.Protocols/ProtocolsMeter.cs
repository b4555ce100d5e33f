using System.Diagnostics.Metrics;

namespace PeerNet.Protocols;

/// <summary>
/// The meter of all protocols. All nodes of a process share it. Tags have few values: never a peer, an address, or a text of a peer's choosing.
/// </summary>
internal static class ProtocolsMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "PeerNet.Protocols";

    public static Meter Instance { get; } = new(Name);

    public static KeyValuePair<string, object?> Outcome(string outcome) => new("outcome", outcome);
}
