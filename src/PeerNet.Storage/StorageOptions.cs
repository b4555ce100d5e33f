namespace PeerNet.Storage;

/// <summary>How a node's memory is written down.</summary>
public sealed record StorageOptions
{
    /// <summary>The defaults.</summary>
    public static StorageOptions Default { get; } = new();

    /// <summary>How long changes gather before they are written in one transaction: what a killed process may lose.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Implementation limit: rows that wait to be written. A disk that does not keep up loses changes, not memory.</summary>
    public int MaxPendingWrites { get; init; } = 100_000;

    /// <summary>Implementation limit: rows of each table that grows with what others send; the oldest go first.</summary>
    public int MaxRows { get; init; } = 250_000;
}

/// <summary>What the writer has done since the start.</summary>
/// <param name="Pending">Rows that wait.</param>
/// <param name="Written">Rows written.</param>
/// <param name="Dropped">Changes lost because too many waited.</param>
/// <param name="Failures">Transactions that failed; they are tried again.</param>
public sealed record StorageStatistics(int Pending, long Written, long Dropped, long Failures);
