using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Swarm.Trimming;

/// <summary>
/// Keeps the number of connections between two watermarks, and connections to chosen peers alive. Protocols tell what a peer is worth by
/// tags, each under its own name; a protected peer is never trimmed, and stays so until every name that protects it is taken away.
/// Thread-safe.
/// </summary>
public sealed class ConnectionManager
{
    /// <summary>Implementation limit: trimmed peers remembered; forgetting one only means that it may be dialled sooner.</summary>
    private const int MaxTrimmed = 4096;

    private const string KeepAliveTag = "keep-alive";

    private readonly SwarmContext _context;
    private readonly ConnectionTable _table;
    private readonly ConnectionManagerOptions _options;
    private readonly Lock _lock = new();
    private readonly PeerTags _tags = new();
    private readonly RedialSchedule _redials;
    private readonly Dictionary<PeerId, Instant> _trimmed = [];
    private Instant _nextTrim = Instant.MinValue;

    internal ConnectionManager(SwarmContext context, ConnectionTable table)
    {
        _context = context;
        _table = table;
        _options = context.Options.Connections;
        var seed = BitConverter.ToInt32(context.LocalPeer.Bytes.Span[^4..]);
        _redials = new RedialSchedule(_options.RedialInitial, _options.RedialMaximum, new Random(seed));
    }

    /// <summary>Peers that are kept connected.</summary>
    public IReadOnlyCollection<PeerId> KeptAlive
    {
        get
        {
            lock (_lock)
                return [.. _redials.Peers];
        }
    }

    /// <summary>Gives a peer a value under a name; replaces the value under that name.</summary>
    public void Tag(PeerId peer, string tag, int value)
    {
        lock (_lock)
            _tags.Tag(peer, tag, value);
    }

    /// <summary>Takes a value away.</summary>
    public void Untag(PeerId peer, string tag)
    {
        lock (_lock)
            _tags.Untag(peer, tag);
    }

    /// <summary>The values of a peer by name.</summary>
    public IReadOnlyDictionary<string, int> GetTags(PeerId peer)
    {
        lock (_lock)
            return _tags.Of(peer);
    }

    /// <summary>Protects a peer's connections from trimming, under a name.</summary>
    public void Protect(PeerId peer, string tag)
    {
        lock (_lock)
            _tags.Protect(peer, tag);
    }

    /// <summary>Takes a protection away.</summary>
    /// <returns>Whether the peer is still protected under another name.</returns>
    public bool Unprotect(PeerId peer, string tag)
    {
        lock (_lock)
            return _tags.Unprotect(peer, tag);
    }

    /// <summary>Whether a peer is protected, under any name or under one.</summary>
    public bool IsProtected(PeerId peer, string? tag = null)
    {
        lock (_lock)
            return _tags.IsProtected(peer, tag);
    }

    /// <summary>Keeps a peer connected: it is protected, dialled, and dialled again, with growing waits, whenever its last connection ends.</summary>
    public void KeepAlive(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (_lock)
        {
            _tags.Protect(peer, KeepAliveTag);
            _redials.Add(peer, _table.Of(peer).Count > 0, _context.Time.GetInstant());
        }
    }

    /// <summary>Keeps a peer connected no longer; a connection that is open stays.</summary>
    public void StopKeepingAlive(PeerId peer)
    {
        lock (_lock)
        {
            _redials.Remove(peer);
            _tags.Unprotect(peer, KeepAliveTag);
        }
    }

    /// <summary>Whether a peer was trimmed a short while ago, so that dialling it on the node's own account would only undo that.</summary>
    public bool WasTrimmedRecently(PeerId peer)
    {
        lock (_lock)
            return _trimmed.TryGetValue(peer, out var until) && _context.Time.GetInstant() < until;
    }

    /// <summary>Trims now, if there are too many connections and the last trim is long enough ago.</summary>
    /// <returns>How many connections were closed.</returns>
    public int TrimConnections()
    {
        if (_table.Count <= _options.HighWatermark)
            return 0;
        var now = _context.Time.GetInstant();
        var connections = _table.Snapshot();
        List<PeerConnection> surplus;
        lock (_lock)
        {
            if (now < _nextTrim)
                return 0;
            var candidates = connections.ConvertAll(c => new PruneCandidate(
                c.Number, c.OpenedInstant, c.Direction, c.StreamCount, _tags.Score(c.Peer), _tags.IsProtected(c.Peer, null), c.IsLimited));
            var plan = PrunePlan.Make(candidates, _options, now).ToHashSet();
            if (plan.Count == 0)
                return 0;
            _nextTrim = now + _options.SilencePeriod;
            surplus = connections.FindAll(c => plan.Contains(c.Number));
            foreach (var connection in surplus)
                Remember(connection.Peer, now);
        }

        foreach (var connection in surplus)
            _ = CloseAsync(connection);
        _context.Metrics.ConnectionsTrimmed(surplus.Count);
        SwarmLog.Trimmed(_context.Log, surplus.Count, connections.Count - surplus.Count);
        return surplus.Count;
    }

    internal void OnOpened(PeerConnection connection)
    {
        lock (_lock)
            _redials.OnConnected(connection.Peer, _context.Time.GetInstant());
        TrimConnections();
    }

    internal void OnClosed(PeerConnection connection, bool wasLast)
    {
        if (!wasLast)
            return;
        lock (_lock)
            _redials.OnDisconnected(connection.Peer, _context.Time.GetInstant());
    }

    /// <summary>Dials the kept-alive peers that are due.</summary>
    internal void Redial(Func<PeerId, Task> connect)
    {
        List<PeerId> due;
        lock (_lock)
            due = _redials.TakeDue(_context.Time.GetInstant());
        foreach (var peer in due)
            _ = RedialAsync(peer, connect);
    }

    private async Task RedialAsync(PeerId peer, Func<PeerId, Task> connect)
    {
        try
        {
            await connect(peer).ConfigureAwait(false);
            lock (_lock)
                _redials.OnDialed(peer);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or ObjectDisposedException)
        {
            lock (_lock)
                _redials.OnFailed(peer, _context.Time.GetInstant());
        }
    }

    private async Task CloseAsync(PeerConnection connection)
    {
        try
        {
            using var deadline = _context.Time.CreateDeadline(TimeSpan.FromSeconds(5));
            await connection.CloseAsync(ErrorCodes.ConnectionGarbageCollected, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or IOException)
        {
            connection.Abort(ErrorCodes.ConnectionGarbageCollected);
        }
    }

    private void Remember(PeerId peer, Instant now)
    {
        if (_trimmed.Count >= MaxTrimmed)
        {
            foreach (var (other, until) in _trimmed)
            {
                if (until <= now)
                    _trimmed.Remove(other);
            }
        }

        if (_trimmed.Count < MaxTrimmed)
            _trimmed[peer] = now + _options.TrimmedBackoff;
    }
}
