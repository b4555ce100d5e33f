namespace PeerNet.Protocols.Identify;

/// <summary>
/// How often identify and push are answered, by the network that asks. Implementation limits; the numbers are go-libp2p's. Peers on this
/// machine and in private networks are free: there a whole swarm sits behind one prefix.
/// </summary>
public sealed record IdentifyRateLimits
{
    /// <summary>Limits nothing.</summary>
    public static IdentifyRateLimits None { get; } = new()
    {
        Rate = double.PositiveInfinity,
        NetworkRate = double.PositiveInfinity,
        ProviderRate = double.PositiveInfinity,
    };

    /// <summary>Exchanges a second of the whole Internet.</summary>
    public double Rate { get; init; } = 2000;

    /// <summary>Exchanges that <see cref="Rate"/> allows at once.</summary>
    public int Burst { get; init; } = 3000;

    /// <summary>Exchanges a second of one IPv4 /24 or IPv6 /56.</summary>
    public double NetworkRate { get; init; } = 0.2;

    /// <summary>Exchanges that <see cref="NetworkRate"/> allows at once.</summary>
    public int NetworkBurst { get; init; } = 10;

    /// <summary>Exchanges a second of one IPv6 /48.</summary>
    public double ProviderRate { get; init; } = 0.5;

    /// <summary>Exchanges that <see cref="ProviderRate"/> allows at once.</summary>
    public int ProviderBurst { get; init; } = 20;
}
