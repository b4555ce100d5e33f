using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>How an averager meets others and averages with them. Immutable; the defaults are Hivemind's where it has the same setting.</summary>
public sealed record AveragerOptions
{
    /// <summary>The prefix that all averagers of a run share; it has no dot.</summary>
    public required string Prefix { get; init; }

    /// <summary>The Python class of the others: its name is part of the methods' names.</summary>
    public string ClassName { get; init; } = "DecentralizedAverager";

    /// <summary>The size at which a group begins at once, best a power of two; null lets it grow until its start.</summary>
    public int? TargetGroupSize { get; init; }

    /// <summary>The smallest group.</summary>
    public int MinGroupSize { get; init; } = 2;

    /// <summary>Zeros and ones behind the prefix at the start: a grid over which averagers scatter after each group. Nothing: all meet under one key.</summary>
    public string GroupBits { get; init; } = "";

    /// <summary>How long a search waits for others at least.</summary>
    public TimeSpan MatchmakingTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait for a leader's first answer; shorter than <see cref="MatchmakingTime"/>, since it ends deadlocks.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How this node takes part.</summary>
    public AveragingMode Mode { get; init; } = AveragingMode.Node;

    /// <summary>Whether this node gives tensors and leaves the averaging to the others, though they can call it: a stated bandwidth of zero.</summary>
    public bool LeavesAveraging { get; init; }

    /// <summary>How far the tensors move towards the average: one takes it over.</summary>
    public float Alpha { get; init; } = 1;

    /// <summary>How tensors are packed on the way.</summary>
    public TensorCompression Compression { get; init; }

    /// <summary>The most bytes of a part, packed. All members must have the same.</summary>
    public int PartSizeBytes { get; init; } = 512 * 1024;

    /// <summary>How long a member may fall silent before it is left out of the average.</summary>
    public TimeSpan SenderTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a member may take for an average before its parts stay as they are; longer than <see cref="SenderTimeout"/>, which it waits for itself.</summary>
    public TimeSpan ReducerTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The longest that one round may take once its group is whole.</summary>
    public TimeSpan AllReduceTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether others may download the tensors.</summary>
    public bool SharesState { get; init; } = true;

    /// <summary>With which priority this node is offered as a donor of state.</summary>
    public double StatePriority { get; init; }

    /// <summary>How often that is announced.</summary>
    public TimeSpan StatePeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What goes with a downloaded state; null tells the group's bits, as Hivemind's plain averager does.</summary>
    public Func<MapValue>? StateMetadata { get; init; }

    /// <summary>The most bytes of a state that is downloaded.</summary>
    public long MaxStateBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Decides who may join a group that this node leads, by its authenticated id and by the bytes that it gives to the group; null admits all.
    /// It must not block.
    /// </summary>
    public Func<PeerId, ReadOnlyMemory<byte>, bool>? Admits { get; init; }
}
