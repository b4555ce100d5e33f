using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Google.Protobuf;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>
/// Finds groups of averagers. Everyone announces when it begins, asks those who begin earlier to lead, and leads those who begin later:
/// <code>
/// searching --accepted--> following --begin--> group        (follower)
///     |  ^--------------------disbanded-----'
///     '--own start comes, or the group is full--> group     (leader)
/// </code>
/// Two that ask each other at once wait for each other until <see cref="AveragerOptions.RequestTimeout"/>. Thread-safe.
/// </summary>
internal sealed class Matchmaking(
    AveragerOptions options, HivemindDht dht, RpcClient client, GroupDirectory directory, AveragingMethods methods, byte[] schemaHash) : IDisposable
{
    private readonly TimeProvider _time = dht.Time;
    private readonly PeerId _own = dht.Host.LocalPeer;

    // Held while a join request of ours is unanswered, and while one of others is judged.
    private readonly SemaphoreSlim _joining = new(1);
    private readonly Lock _keyLock = new();
    private volatile GroupSearch? _search;
    private GroupKey _key = new(options.Prefix, options.GroupBits);

    /// <summary>The key under which this node meets others.</summary>
    public GroupKey Key
    {
        get
        {
            lock (_keyLock)
                return _key;
        }
        set
        {
            lock (_keyLock)
                _key = value;
        }
    }

    private DhtExpiration Now => DhtExpiration.Now(_time);

    /// <summary>Looks for a group.</summary>
    /// <param name="gather">What to give to its members.</param>
    /// <param name="scheduled">When to begin, at the earliest.</param>
    /// <param name="end">When to give up.</param>
    /// <param name="token">Ends the search.</param>
    /// <returns>The group; null when there is none in time.</returns>
    public async Task<AveragingGroup?> FindAsync(byte[] gather, DhtExpiration scheduled, DhtExpiration end, CancellationToken token)
    {
        var search = new GroupSearch(_own, gather, scheduled, end, options.MatchmakingTime);
        search.Resume();
        _search = search;
        using var ending = _time.CreateDeadline(Until(end), token);
        List<Task> loops = [LookUpAsync(search, ending.Token), AskLeadersAsync(search, ending.Token)];
        if (options.Mode != AveragingMode.Client)
            loops.Add(DeclareAsync(search, ending.Token));
        try
        {
            await Task.WhenAny([search.Assembled, .. loops]).ConfigureAwait(false);
            token.ThrowIfCancellationRequested();
            if (loops.Find(loop => loop.IsFaulted) is { } faulted)
                await faulted.ConfigureAwait(false);
            return search.Assembled.IsCompletedSuccessfully ? await search.Assembled.ConfigureAwait(false) : null;
        }
        finally
        {
            _search = null;
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var loop in loops)
                await loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            search.Disband();
            if (search.Declared is { } declared)
                _ = WithdrawAsync(declared.Key, declared.Expiration);
        }
    }

    /// <summary>Answers a peer that asks to join.</summary>
    public async IAsyncEnumerable<WireMessageFromLeader> ServeJoinAsync(PeerId caller, WireJoinRequest request, [EnumeratorCancellation] CancellationToken token)
    {
        var (refusal, search, follower) = await JudgeAsync(caller, request, token).ConfigureAwait(false);
        if (refusal is not null)
        {
            yield return refusal;
            yield break;
        }

        try
        {
            yield return new WireMessageFromLeader { Code = (int)AveragingCode.Accepted };

            // The search ends by its own deadline at the latest, and with it the wait of every follower.
            var outcome = await follower!.Outcome.Task.WaitAsync(token).ConfigureAwait(false);
            yield return ToMessage(outcome);
        }
        finally
        {
            search!.RemoveFollower(caller, follower!);
        }
    }

    public void Dispose() => _joining.Dispose();

    private TimeSpan Until(DhtExpiration time)
    {
        var seconds = time.Seconds - Now.Seconds;
        return seconds <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds));
    }

    private static WireMessageFromLeader ToMessage(FollowerOutcome outcome)
    {
        if (outcome.Group is not { } group)
        {
            return new WireMessageFromLeader
            {
                Code = (int)AveragingCode.GroupDisbanded,
                SuggestedLeader = outcome.SuggestedLeader is { } leader ? UnsafeByteOperations.UnsafeWrap(leader.Bytes) : ByteString.Empty,
            };
        }

        var message = new WireMessageFromLeader { Code = (int)AveragingCode.BeginAllReduce, GroupId = UnsafeByteOperations.UnsafeWrap(group.Id) };
        message.OrderedPeerIds.AddRange(group.Members.Select(member => UnsafeByteOperations.UnsafeWrap(member.Bytes)));
        message.Gathered.AddRange(group.Gathered.Select(UnsafeByteOperations.UnsafeWrap));
        return message;
    }

    private async Task<(WireMessageFromLeader? Refusal, GroupSearch? Search, Follower? Follower)> JudgeAsync(PeerId caller, WireJoinRequest request, CancellationToken token)
    {
        await _joining.WaitAsync(token).ConfigureAwait(false);
        try
        {
            var search = _search;
            if (Refusal(search, caller, request) is { } code)
            {
                var refusal = new WireMessageFromLeader { Code = (int)code };
                if (code == AveragingCode.NotALeader && search?.Leader is { } leader)
                    refusal.SuggestedLeader = UnsafeByteOperations.UnsafeWrap(leader.Bytes);
                return (refusal, null, null);
            }

            var follower = search!.AddFollower(caller, request.Gather.Memory);
            if (options.TargetGroupSize is { } target && search.FollowerCount + 1 >= target)
                AssembleAsLeader(search);
            return (null, search, follower);
        }
        finally
        {
            _joining.Release();
        }
    }

    private AveragingCode? Refusal(GroupSearch? search, PeerId caller, WireJoinRequest request)
    {
        if (search is null || search.Assembled.IsCompleted)
            return AveragingCode.NotLookingForGroup;
        if (request.SchemaHash.IsEmpty || !double.IsFinite(request.Expiration) || options.Mode == AveragingMode.Client)
            return AveragingCode.ProtocolViolation;
        if (!request.SchemaHash.Span.SequenceEqual(schemaHash))
            return AveragingCode.BadSchemaHash;
        if (request.GroupKey != Key.ToString())
            return AveragingCode.BadGroupKey;
        if (options.Admits?.Invoke(caller, request.Gather.Memory) == false)
            return AveragingCode.ProtocolViolation;
        if (search.Declared is not { } declared)
            return AveragingCode.NotDeclared;
        if (request.Expiration != 0 && declared.Expiration.Seconds > request.Expiration)
            return AveragingCode.BadExpirationTime;
        if (search.Leader is not null)
            return AveragingCode.NotALeader;
        if (caller == _own || search.HasFollower(caller))
            return AveragingCode.DuplicatePeerId;
        return search.FollowerCount + 1 >= Math.Min(options.TargetGroupSize ?? AveragingProtocol.MaxGroupSize, AveragingProtocol.MaxGroupSize) ? AveragingCode.GroupIsFull : null;
    }

    private async Task DeclareAsync(GroupSearch search, CancellationToken token)
    {
        while (true)
        {
            await search.WhenRunningAsync(token).ConfigureAwait(false);
            var key = Key;
            var expiration = StartOf(search);
            search.Declare(key, expiration);
            try
            {
                await directory.DeclareAsync(key, expiration, token).ConfigureAwait(false);
            }
            catch (PeerNetException)
            {
                // Nobody will find this node before the next announcement; it finds the others.
            }

            await Task.Delay(Until(expiration), _time, token).ConfigureAwait(false);
            await OnStartAsync(search, token).ConfigureAwait(false);
            if (expiration >= search.End)
                return;
        }
    }

    // The own start has come: the followers that are there make the group, or are too few and go.
    private async Task OnStartAsync(GroupSearch search, CancellationToken token)
    {
        await _joining.WaitAsync(token).ConfigureAwait(false);
        try
        {
            if (search.Assembled.IsCompleted || search.Leader is not null)
                return;
            if (search.FollowerCount + 1 >= options.MinGroupSize)
                AssembleAsLeader(search);
            else
                search.Disband();
        }
        finally
        {
            _joining.Release();
        }
    }

    private DhtExpiration StartOf(GroupSearch search)
    {
        var start = DhtExpiration.Max(search.Scheduled, Now + options.MatchmakingTime);
        return start < search.End ? start : search.End;
    }

    private async Task LookUpAsync(GroupSearch search, CancellationToken token)
    {
        while (true)
        {
            search.OnLookupBegun();
            IReadOnlyList<Candidate> found = [];
            try
            {
                found = await directory.GetCandidatesAsync(Key, token).ConfigureAwait(false);
            }
            catch (PeerNetException)
            {
                // The table is out of reach; the next lookup may find more.
            }

            search.Update(found, Now);
            await Task.Delay(AveragingProtocol.LookupPause, _time, token).ConfigureAwait(false);
            await search.WhenRunningAsync(token).ConfigureAwait(false);
            await search.WhenLookupNeededAsync(token).ConfigureAwait(false);
        }
    }

    private async Task AskLeadersAsync(GroupSearch search, CancellationToken token)
    {
        while (!search.Assembled.IsCompleted)
        {
            var (leader, changed) = search.TakeLeader(Now);
            for (var hops = 0; leader is not null && hops < AveragingProtocol.MaxRedirects; hops++)
                leader = await AskAsync(search, leader, token).ConfigureAwait(false);
            if (leader is null && !search.Assembled.IsCompleted)
                await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    /// <summary>Asks a peer to lead.</summary>
    /// <returns>Whom to ask instead, when it says so.</returns>
    private async Task<PeerId?> AskAsync(GroupSearch search, PeerId leader, CancellationToken token)
    {
        var request = new WireJoinRequest
        {
            SchemaHash = UnsafeByteOperations.UnsafeWrap(schemaHash),
            Expiration = (search.Declared?.Expiration ?? StartOf(search)).Seconds,
            Gather = UnsafeByteOperations.UnsafeWrap(search.Gather),
            ClientMode = options.Mode == AveragingMode.Client,
            GroupKey = Key.ToString(),
        };
        var answers = new TimedReader<WireMessageFromLeader>(client.CallStreamAsync(leader, methods.Join, One(request), token), _time, token);
        try
        {
            await using (answers.ConfigureAwait(false))
            {
                await dht.FindAddressesAsync(leader, hasFailed: false, token).ConfigureAwait(false);
                await _joining.WaitAsync(token).ConfigureAwait(false);
                try
                {
                    if (search.Assembled.IsCompleted || await answers.NextAsync(options.RequestTimeout).ConfigureAwait(false) is not { Code: (int)AveragingCode.Accepted })
                        return null;
                    search.Follow(leader);
                }
                finally
                {
                    _joining.Release();
                }

                var message = await answers.NextAsync(Until(new DhtExpiration(request.Expiration)) + options.RequestTimeout).ConfigureAwait(false);
                return await OnDecisionAsync(search, message, token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is TimeoutException or PeerNetException)
        {
            return null;
        }
        finally
        {
            search.Resume();
        }
    }

    private async Task<PeerId?> OnDecisionAsync(GroupSearch search, WireMessageFromLeader? message, CancellationToken token)
    {
        if (message?.Code is (int)AveragingCode.GroupDisbanded or (int)AveragingCode.Cancelled)
            return PeerId.TryDecode(message.SuggestedLeader.Span, out var suggested) && suggested != _own ? suggested : null;
        if (message?.Code != (int)AveragingCode.BeginAllReduce || search.Leader is not { } leader || ReadGroup(message, leader) is not { } group)
            return null;
        await _joining.WaitAsync(token).ConfigureAwait(false);
        try
        {
            Assemble(search, group);
        }
        finally
        {
            _joining.Release();
        }

        return null;
    }

    private AveragingGroup? ReadGroup(WireMessageFromLeader message, PeerId leader)
    {
        var members = new List<PeerId>();
        foreach (var bytes in message.OrderedPeerIds)
        {
            if (!PeerId.TryDecode(bytes.Span, out var member))
                return null;
            members.Add(member);
        }

        var isGood = !message.GroupId.IsEmpty && members.Contains(_own) && members.Distinct().Count() == members.Count
            && members.Count == message.Gathered.Count && members.Count <= (options.TargetGroupSize ?? AveragingProtocol.MaxGroupSize);
        return isGood ? new AveragingGroup(message.GroupId.Memory, leader, members, [.. message.Gathered.Select(gathered => gathered.Memory)]) : null;
    }

    private void AssembleAsLeader(GroupSearch search)
    {
        var members = search.Members().ToArray();

        // Both are random: who would know the id could meddle, and who would know the order could choose its share.
        RandomNumberGenerator.Shuffle(members.AsSpan());
        Assemble(search, new AveragingGroup(
            RandomNumberGenerator.GetBytes(AveragingProtocol.GroupIdBytes), _own, [.. members.Select(member => member.Key)], [.. members.Select(member => member.Value)]));
    }

    private void Assemble(GroupSearch search, AveragingGroup group)
    {
        if (search.TryAssemble(group))
            Key = Key.After(group.Id.Span, group.Members.Count, group.IndexOf(_own), options.TargetGroupSize);
    }

    private async Task WithdrawAsync(GroupKey key, DhtExpiration expiration)
    {
        using var deadline = _time.CreateDeadline(options.RequestTimeout);
        try
        {
            await directory.WithdrawAsync(key, expiration, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or ObjectDisposedException)
        {
            // The announcement ends by itself.
        }
    }

    private static async IAsyncEnumerable<WireJoinRequest> One(WireJoinRequest request)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return request;
    }
}
