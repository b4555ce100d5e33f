namespace PeerNet.Benchmarks.Peers;

/// <summary>A number that a measurement gives. Ratios are turned round where less is better: above 1 is always the better one.</summary>
internal sealed record PeerFigure(string Name, string Unit, bool LessIsBetter = false)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}, {Unit}";
}
