using PeerNet.Identity;

namespace PeerNet.Hivemind.Petals;

/// <summary>The servers of one block.</summary>
/// <param name="Block">The block's number.</param>
/// <param name="Servers">Who announces it, in the order of peer ids.</param>
public sealed record BlockServers(int Block, IReadOnlyDictionary<PeerId, ServerInfo> Servers);

/// <summary>The blocks of one server in a row.</summary>
/// <param name="Peer">The server.</param>
/// <param name="Start">Its first block.</param>
/// <param name="End">The block behind its last one.</param>
/// <param name="Server">What it announces.</param>
public sealed record ServerSpan(PeerId Peer, int Start, int End, ServerInfo Server)
{
    /// <summary>How many blocks.</summary>
    public int Length => End - Start;
}

/// <summary>How well a block is served.</summary>
/// <param name="Block">The block's number.</param>
/// <param name="Online">Servers that serve it.</param>
/// <param name="Joining">Servers that are loading it.</param>
/// <param name="Throughput">Requests per second that servers of both kinds promise together: what a newcomer looks at to choose its blocks.</param>
public readonly record struct BlockCoverage(int Block, int Online, int Joining, double Throughput);

/// <summary>The servers of a model at one time. Immutable.</summary>
public sealed class ModelMap
{
    private readonly Lazy<IReadOnlyList<BlockCoverage>> _coverage;

    /// <summary>Makes a map.</summary>
    /// <param name="prefix">The model's prefix.</param>
    /// <param name="info">What the registry says of it; null when it is not registered.</param>
    /// <param name="blocks">Its blocks in their order, without a gap.</param>
    public ModelMap(string prefix, ModelInfo? info, IReadOnlyList<BlockServers> blocks)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentNullException.ThrowIfNull(blocks);
        Prefix = prefix;
        Info = info;
        Blocks = blocks;
        _coverage = new Lazy<IReadOnlyList<BlockCoverage>>(Cover);
    }

    /// <summary>The model's prefix.</summary>
    public string Prefix { get; }

    /// <summary>What the registry says of it; null when it is not registered.</summary>
    public ModelInfo? Info { get; }

    /// <summary>Its blocks in their order.</summary>
    public IReadOnlyList<BlockServers> Blocks { get; }

    /// <summary>How well each block is served, in their order.</summary>
    public IReadOnlyList<BlockCoverage> Coverage => _coverage.Value;

    /// <summary>Whether every block has a server that serves it.</summary>
    public bool IsComplete => Coverage.All(block => block.Online > 0);

    /// <summary>
    /// The blocks of each server in a row, by peer. Where a server announces different states, the highest counts; where it names its span,
    /// that does.
    /// </summary>
    /// <param name="atLeast">Servers of lower states are left out.</param>
    public IReadOnlyList<ServerSpan> SpansOf(ServerState atLeast)
    {
        var first = Blocks.Count == 0 ? 0 : Blocks[0].Block;
        var end = first + Blocks.Count;
        var spans = new Dictionary<PeerId, ServerSpan>();
        foreach (var block in Blocks)
        {
            foreach (var (peer, server) in block.Servers)
            {
                if (server.State < atLeast)
                    continue;
                if (!spans.TryGetValue(peer, out var span) || span.Server.State < server.State)
                {
                    spans[peer] = server is { StartBlock: { } start, EndBlock: { } stop }
                        ? new ServerSpan(peer, Math.Max(start, first), Math.Min(stop, end), server)
                        : new ServerSpan(peer, block.Block, block.Block + 1, server);
                }
                else if (span.Server.State == server.State)
                {
                    spans[peer] = span with { End = Math.Max(span.End, block.Block + 1) };
                }
            }
        }

        return [.. spans.Values.Where(span => span.Length > 0).OrderBy(span => span.Start).ThenBy(span => span.End).ThenBy(span => span.Peer)];
    }

    /// <summary>The blocks that need a server most: the lowest throughput first, then the fewest servers, then the lowest number.</summary>
    public IReadOnlyList<BlockCoverage> WeakestBlocks(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return [.. Coverage.OrderBy(block => block.Throughput).ThenBy(block => block.Online).ThenBy(block => block.Block).Take(count)];
    }

    private BlockCoverage[] Cover()
    {
        var first = Blocks.Count == 0 ? 0 : Blocks[0].Block;
        var coverage = Blocks.Select(block => new BlockCoverage(block.Block, 0, 0, 0)).ToArray();
        foreach (var span in SpansOf(ServerState.Joining))
        {
            var isOnline = span.Server.State == ServerState.Online;
            foreach (ref var block in coverage.AsSpan(span.Start - first, span.Length))
            {
                block = block with
                {
                    Online = block.Online + (isOnline ? 1 : 0),
                    Joining = block.Joining + (isOnline ? 0 : 1),
                    Throughput = block.Throughput + span.Server.Throughput,
                };
            }
        }

        return coverage;
    }
}
