namespace PeerNet.Simulation.Network;

/// <summary>
/// How long messages take: every host has a place on a world and an access line; a message takes the way between the places, both lines, and
/// some jitter, and now and then it is lost once and comes after a retransmission. All chance comes from one seed.
/// </summary>
public sealed class LinkModel
{
    private readonly LinkOptions _options;
    private readonly Random _random;

    /// <summary>Makes a model.</summary>
    public LinkModel(LinkOptions options, int seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _random = new Random(seed);
    }

    /// <summary>A place for a new host.</summary>
    public HostPlace NewPlace() => new(_random.NextDouble(), _random.NextDouble(), _options.MedianAccess * Math.Exp(_options.AccessSpread * Normal()));

    /// <summary>The shortest time of a message from one place to another.</summary>
    public TimeSpan OneWay(HostPlace from, HostPlace to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);

        // The world has no edges: the longest way is half of it in both directions.
        var across = Wrapped(from.X - to.X);
        var along = Wrapped(from.Y - to.Y);
        return from.Access + to.Access + (_options.FarthestWay * (Math.Sqrt((across * across) + (along * along)) / Math.Sqrt(0.5)));
    }

    /// <summary>How long one message takes over a way.</summary>
    public TimeSpan Next(TimeSpan oneWay)
    {
        var time = oneWay * (1 + (_options.Jitter * -Math.Log(1 - _random.NextDouble())));
        while (_random.NextDouble() < _options.Loss)
            time += _options.RetransmissionTimeout + oneWay;
        return time;
    }

    private static double Wrapped(double distance) => Math.Min(Math.Abs(distance), 1 - Math.Abs(distance));

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}

/// <summary>Where a host is on the unit square, and what its access line adds to every message.</summary>
public sealed record HostPlace(double X, double Y, TimeSpan Access);

/// <summary>Sizes of a <see cref="LinkModel"/>: round trips of 15 to 250 ms, as between homes and data centres of the world.</summary>
public sealed record LinkOptions
{
    /// <summary>One way between the two places farthest from each other.</summary>
    public TimeSpan FarthestWay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The access line in the middle of all.</summary>
    public TimeSpan MedianAccess { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How far access lines differ: the standard deviation of the logarithm.</summary>
    public double AccessSpread { get; init; } = 0.7;

    /// <summary>Mean of the jitter, in parts of the way.</summary>
    public double Jitter { get; init; } = 0.05;

    /// <summary>How likely a message is lost. Streams lose nothing by it but time.</summary>
    public double Loss { get; init; } = 0.005;

    /// <summary>How long it takes to notice a loss.</summary>
    public TimeSpan RetransmissionTimeout { get; init; } = TimeSpan.FromMilliseconds(200);
}
