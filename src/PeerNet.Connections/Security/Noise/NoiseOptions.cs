namespace PeerNet.Connections.Security.Noise;

/// <summary>How Noise handshakes are made.</summary>
public sealed record NoiseOptions
{
    /// <summary>
    /// Whether every connection gets a static key of its own instead of one for the life of the protocol object. It costs a signature and a
    /// key per handshake, and keeps an observer who later learns the static key from recognising this node in recorded handshakes.
    /// </summary>
    public bool StaticKeyPerConnection { get; init; }
}
