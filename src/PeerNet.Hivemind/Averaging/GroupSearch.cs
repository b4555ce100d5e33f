using PeerNet.Hivemind.Dht;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>A follower that this node has accepted, and what becomes of it.</summary>
internal sealed class Follower(ReadOnlyMemory<byte> gather)
{
    public ReadOnlyMemory<byte> Gather => gather;

    /// <summary>Set once the group is whole or closed.</summary>
    public TaskCompletionSource<FollowerOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What becomes of a follower.</summary>
/// <param name="Group">The group that is whole; null when it is closed.</param>
/// <param name="SuggestedLeader">Whom to ask instead.</param>
internal sealed record FollowerOutcome(AveragingGroup? Group, PeerId? SuggestedLeader);

/// <summary>The state of one search for a group, shared by its loops and by the handlers of those who ask to join. Thread-safe.</summary>
internal sealed class GroupSearch(PeerId own, byte[] gather, DhtExpiration scheduled, DhtExpiration end, TimeSpan matchmakingTime)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, Follower> _followers = [];
    private readonly LeaderQueue _queue = new(own, matchmakingTime);
    private readonly TaskCompletionSource<AveragingGroup> _assembled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource _lookup = NewSignal();
    private TaskCompletionSource _running = NewSignal();

    public byte[] Gather => gather;

    public DhtExpiration Scheduled => scheduled;

    public DhtExpiration End => end;

    /// <summary>When this node begins, and under which key; null while it has not said so.</summary>
    public (GroupKey Key, DhtExpiration Expiration)? Declared { get; private set; }

    /// <summary>Whom this node follows.</summary>
    public PeerId? Leader { get; private set; }

    /// <summary>The group, once it is whole.</summary>
    public Task<AveragingGroup> Assembled => _assembled.Task;

    public int FollowerCount
    {
        get
        {
            lock (_lock)
                return _followers.Count;
        }
    }

    public void Declare(GroupKey key, DhtExpiration expiration)
    {
        lock (_lock)
        {
            Declared = (key, expiration);
            Signal(ref _changed);
        }
    }

    /// <summary>Goes on with the search, which stands still while a leader decides.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            Leader = null;
            _running.TrySetResult();
        }
    }

    /// <summary>Follows a leader: the search stands still, and the own followers are sent to it.</summary>
    public void Follow(PeerId leader)
    {
        lock (_lock)
        {
            Leader = leader;
            if (_running.Task.IsCompleted)
                _running = NewSignal();
            Dismiss(leader);
        }
    }

    /// <summary>Waits until the search goes on.</summary>
    public Task WhenRunningAsync(CancellationToken token)
    {
        lock (_lock)
            return _running.Task.WaitAsync(token);
    }

    public bool HasFollower(PeerId peer)
    {
        lock (_lock)
            return _followers.ContainsKey(peer);
    }

    public Follower AddFollower(PeerId peer, ReadOnlyMemory<byte> gathered)
    {
        var follower = new Follower(gathered);
        lock (_lock)
            _followers[peer] = follower;
        return follower;
    }

    public void RemoveFollower(PeerId peer, Follower follower)
    {
        lock (_lock)
        {
            if (_followers.TryGetValue(peer, out var current) && ReferenceEquals(current, follower))
                _followers.Remove(peer);
        }
    }

    /// <summary>Sends the followers away.</summary>
    public void Disband()
    {
        lock (_lock)
            Dismiss(null);
    }

    /// <summary>The members of the group that this node would lead, with what they give.</summary>
    public IReadOnlyList<KeyValuePair<PeerId, ReadOnlyMemory<byte>>> Members()
    {
        lock (_lock)
            return [.. _followers.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Gather)), KeyValuePair.Create<PeerId, ReadOnlyMemory<byte>>(own, gather)];
    }

    /// <summary>Ends the search with a group, and tells it to the followers that are in it.</summary>
    public bool TryAssemble(AveragingGroup group)
    {
        lock (_lock)
        {
            if (!_assembled.TrySetResult(group))
                return false;
            foreach (var (peer, follower) in _followers)
                follower.Outcome.TrySetResult(new FollowerOutcome(group.IndexOf(peer) >= 0 ? group : null, Leader));
            return true;
        }
    }

    /// <summary>Enters what a lookup found.</summary>
    public void Update(IReadOnlyList<Candidate> found, DhtExpiration now)
    {
        lock (_lock)
        {
            _queue.Update(found, now);
            Signal(ref _changed);
        }
    }

    /// <summary>Waits until somebody asks for a lookup.</summary>
    public Task WhenLookupNeededAsync(CancellationToken token)
    {
        lock (_lock)
            return _lookup.Task.WaitAsync(token);
    }

    public void OnLookupBegun()
    {
        lock (_lock)
        {
            if (_lookup.Task.IsCompleted)
                _lookup = NewSignal();
        }
    }

    /// <summary>Takes the next peer to ask; while there is none, a task that ends when there may be.</summary>
    public (PeerId? Leader, Task Changed) TakeLeader(DhtExpiration now)
    {
        lock (_lock)
        {
            if (_queue.NeedsLookup(now, end))
                _lookup.TrySetResult();
            return (_queue.TryTake(now, Declared?.Expiration ?? DhtExpiration.Never), _changed.Task);
        }
    }

    private void Dismiss(PeerId? suggestion)
    {
        foreach (var follower in _followers.Values)
            follower.Outcome.TrySetResult(new FollowerOutcome(null, suggestion));
        _followers.Clear();
    }

    private static void Signal(ref TaskCompletionSource signal)
    {
        signal.TrySetResult();
        signal = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
