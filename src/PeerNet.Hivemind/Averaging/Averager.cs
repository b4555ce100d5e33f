using System.Runtime.CompilerServices;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;
using PeerNet.Hivemind.Tensors.Compression;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>
/// Averages tensors with other members of a Hivemind swarm, native beside Python's averagers. Contract: one step runs at a time, others wait
/// for it; the tensors may be read and set at any time, and a round moves them by what it found, at its end; a member that fails costs its
/// share and not the round; disposing stops serving and leaves the swarm; all members are thread-safe.
/// </summary>
/// <remarks>Nothing is signed: any member of a group can falsify the average of its share, and of its own tensors' part.</remarks>
public sealed class Averager : IAsyncDisposable
{
    private readonly HivemindSwarm _swarm;
    private readonly RpcClient _client;
    private readonly AveragerOptions _options;
    private readonly TimeProvider _time;
    private readonly AveragingMethods _methods;
    private readonly GroupDirectory _directory;
    private readonly Matchmaking _matchmaking;
    private readonly byte[] _schemaHash;
    private readonly int[][] _shapes;
    private readonly int[] _sizes;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _stepping = new(1);
    private readonly Dictionary<string, AllReduce> _rounds = [];
    private readonly List<IDisposable> _handlers = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _offering;
    private float[] _vector;
    private TaskCompletionSource? _forming;

    /// <summary>Makes an averager and serves its methods, unless it is a client.</summary>
    /// <param name="swarm">The swarm, which stays the caller's.</param>
    /// <param name="tensors">What to average: floats of single precision. They are copied.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">A tensor or an option is none that can be averaged with.</exception>
    /// <exception cref="InvalidOperationException">The swarm has an averager of this class and prefix already.</exception>
    public Averager(HivemindSwarm swarm, IReadOnlyList<Tensor> tensors, AveragerOptions options)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(options);
        if (!GroupKey.IsPrefix(options.Prefix) || !GroupKey.IsBits(options.GroupBits))
            throw new ArgumentException("A prefix has no dot, and bits are zeros and ones.", nameof(options));
        if (tensors.Any(tensor => tensor.Type != TensorType.Float32))
            throw new ArgumentException("Only floats of single precision are averaged.", nameof(tensors));
        if (TensorFormat.TryFind(options.Compression) is null)
            throw new ArgumentException($"{options.Compression} is not supported.", nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PartSizeBytes, sizeof(float), nameof(options));
        _swarm = swarm;
        _client = swarm.Client.WithoutIdleTimeout();
        _options = options;
        _time = swarm.Dht.Time;
        _methods = new AveragingMethods(options.ClassName, options.Prefix);
        _directory = new GroupDirectory(swarm.Dht, options.Prefix);
        _schemaHash = TensorSchema.HashOf(tensors);
        _matchmaking = new Matchmaking(options, swarm.Dht, _client, _directory, _methods, _schemaHash);
        _shapes = [.. tensors.Select(tensor => tensor.Shape.ToArray())];
        _sizes = [.. tensors.Select(tensor => tensor.ElementCount)];
        _vector = [.. tensors.SelectMany(tensor => tensor.ToSingles())];
        if (options.Mode != AveragingMode.Client)
        {
            _handlers.Add(swarm.Server.HandleStream(_methods.Join, ServeJoinAsync));
            _handlers.Add(swarm.Server.HandleStream(_methods.Aggregate, ServePartsAsync));
            _handlers.Add(swarm.Server.HandleStream(_methods.Download, (_, _, _) => ServeState()));
        }

        _offering = options.SharesState && options.Mode == AveragingMode.Node ? OfferStateAsync(_stopping.Token) : Task.CompletedTask;
    }

    /// <summary>The hash over shapes and types; only averagers with the same one meet.</summary>
    public ReadOnlyMemory<byte> SchemaHash => _schemaHash;

    /// <summary>The bits behind the prefix now.</summary>
    public string GroupBits => _matchmaking.Key.Bits;

    /// <summary>A copy of the tensors as they are now.</summary>
    public IReadOnlyList<Tensor> GetTensors()
    {
        lock (_lock)
        {
            var start = 0;
            var tensors = new Tensor[_sizes.Length];
            for (var i = 0; i < tensors.Length; start += _sizes[i++])
                tensors[i] = Tensor.Of(_vector.AsSpan(start, _sizes[i]), _shapes[i]);
            return tensors;
        }
    }

    /// <summary>Replaces the tensors by others of the same shapes.</summary>
    /// <exception cref="ArgumentException">The shapes or types differ.</exception>
    public void SetTensors(IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (!TensorSchema.HashOf(tensors).AsSpan().SequenceEqual(_schemaHash))
            throw new ArgumentException("The tensors have other shapes or types.", nameof(tensors));
        float[] vector = [.. tensors.SelectMany(tensor => tensor.ToSingles())];
        lock (_lock)
            _vector = vector;
    }

    /// <summary>Finds a group and averages with it once.</summary>
    /// <exception cref="AveragingException">It failed.</exception>
    public async Task<AveragingResult> StepAsync(AveragingStep? step = null, CancellationToken token = default)
    {
        step ??= AveragingStep.Default;
        if (!double.IsFinite(step.Weight) || step.Weight < 0)
            throw new ArgumentException("A weight is finite and not negative.", nameof(step));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token, _stopping.Token);
        await _stepping.WaitAsync(ending.Token).ConfigureAwait(false);
        var start = _time.GetTimestamp();
        var isAveraged = false;
        try
        {
            var now = DhtExpiration.Now(_time);
            var end = now + step.Timeout;
            var scheduled = now + (step.ScheduledIn ?? _options.MatchmakingTime);
            while (true)
            {
                try
                {
                    var result = await TryStepAsync(step, scheduled, end, ending.Token).ConfigureAwait(false);
                    isAveraged = true;
                    return result;
                }
                catch (AveragingException error) when (step.Retries && error.Reason != AveragingFailure.NoGroup && DhtExpiration.Now(_time) < end)
                {
                    // The next group may be better.
                }
            }
        }
        finally
        {
            HivemindMetrics.Averaged(isAveraged, _time.GetElapsedTime(start));
            _stepping.Release();
        }
    }

    /// <summary>Downloads the tensors of another averager, the one of highest priority that gives them. The own ones stay.</summary>
    /// <returns>Null when nobody gives any.</returns>
    public async Task<AveragerState?> LoadStateAsync(CancellationToken token = default)
    {
        var donors = await _directory.GetDonorsAsync(token).ConfigureAwait(false);
        foreach (var donor in donors.Take(AveragingProtocol.MaxDonors))
        {
            if (await StateTransfer.GetAsync(_swarm.Dht, _client, _methods, donor, _options, token).ConfigureAwait(false) is { } state)
                return state;
        }

        return null;
    }

    /// <summary>Stops serving, and takes the offer of state back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        foreach (var handler in _handlers)
            handler.Dispose();
        _handlers.Clear();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _offering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A running step has been cancelled; those that wait are as well, so that nobody takes the turn again.
        await _stepping.WaitAsync().ConfigureAwait(false);
        _matchmaking.Dispose();
    }

    private async Task<AveragingResult> TryStepAsync(AveragingStep step, DhtExpiration scheduled, DhtExpiration end, CancellationToken token)
    {
        var weight = _options.Mode == AveragingMode.Auxiliary ? 0 : step.Weight;
        var gather = GatherCodec.Encode(new MemberData(_options.LeavesAveraging ? 0 : null, _options.Mode, step.Gather));
        var forming = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            _forming = forming;
        AveragingGroup? group = null;
        try
        {
            group = await _matchmaking.FindAsync(gather, scheduled, end, token).ConfigureAwait(false)
                ?? throw new AveragingException(AveragingFailure.NoGroup, $"No group under {_matchmaking.Key} was found in time.");
            var members = group.Gathered.Select(gathered => GatherCodec.TryDecode(gathered.Span)).ToArray();
            if (members.Any(member => member is null) || PeerShares.Of(_sizes.Sum(), members!) is not { } shares)
                throw new AveragingException(AveragingFailure.UnfitGroup, "What the members of the group state does not make a round.");
            var round = MakeRound(group, shares, weight);
            lock (_lock)
                _rounds[Convert.ToHexString(group.Id.Span)] = round;
            forming.TrySetResult();
            return await RunAsync(round, group, members!, token).ConfigureAwait(false);
        }
        finally
        {
            forming.TrySetResult();
            lock (_lock)
            {
                _forming = null;
                if (group is not null)
                    _rounds.Remove(Convert.ToHexString(group.Id.Span));
            }
        }
    }

    private AllReduce MakeRound(AveragingGroup group, int[] shares, double weight)
    {
        float[] vector;
        lock (_lock)
            vector = [.. _vector];
        var partLength = Math.Max(1, (int)(8L * _options.PartSizeBytes / TensorFormat.BitsOf(_options.Compression, TensorType.Float32)));
        return new AllReduce(new AllReduceRound
        {
            Group = group,
            OwnIndex = group.IndexOf(_swarm.Dht.Host.LocalPeer),
            Vector = vector,
            Partition = new TensorPartition(_sizes, [.. shares.Select(share => (double)share)], partLength),
            Weight = weight,
            Compression = _options.Compression,
            SenderTimeout = _options.SenderTimeout,
            ReducerTimeout = _options.ReducerTimeout,
            Time = _time,
            CallAsync = CallForPartsAsync,
        });
    }

    private async Task<AveragingResult> RunAsync(AllReduce round, AveragingGroup group, MemberData[] members, CancellationToken token)
    {
        using var deadline = _time.CreateDeadline(_options.AllReduceTimeout, token);
        float[] delta;
        try
        {
            delta = await round.RunAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new AveragingException(AveragingFailure.TimedOut, $"The round took longer than {_options.AllReduceTimeout}.");
        }

        lock (_lock)
        {
            float[] moved = [.. _vector];
            for (var i = 0; i < moved.Length; i++)
                moved[i] += _options.Alpha * delta[i];
            _vector = moved;
        }

        var received = delta.Length == 0 ? 1 : (double)round.ReceivedElements / delta.Length;
        return new AveragingResult(group.Leader, [.. group.Members.Zip(members, (peer, member) => new AveragingMember(peer, member.User, member.Mode))], received);
    }

    private async IAsyncEnumerable<WireAveragingData> CallForPartsAsync(PeerId member, IAsyncEnumerable<WireAveragingData> parts, [EnumeratorCancellation] CancellationToken token)
    {
        await _swarm.Dht.FindAddressesAsync(member, hasFailed: false, token).ConfigureAwait(false);
        await foreach (var answer in _client.CallStreamAsync(member, _methods.Aggregate, parts, token).ConfigureAwait(false))
            yield return answer;
    }

    private async IAsyncEnumerable<WireMessageFromLeader> ServeJoinAsync(RpcContext context, IAsyncEnumerable<WireJoinRequest> requests, [EnumeratorCancellation] CancellationToken token)
    {
        WireJoinRequest? only = null;
        await foreach (var request in requests.WithCancellation(token).ConfigureAwait(false))
            only = only is null ? request : throw new RpcHandlerException("One request is expected.");
        if (only is null)
            throw new RpcHandlerException("One request is expected.");
        await foreach (var message in _matchmaking.ServeJoinAsync(context.Peer, only, token).ConfigureAwait(false))
            yield return message;
    }

    private async IAsyncEnumerable<WireAveragingData> ServePartsAsync(RpcContext context, IAsyncEnumerable<WireAveragingData> requests, [EnumeratorCancellation] CancellationToken token)
    {
        var reader = new TimedReader<WireAveragingData>(requests, _time, token);
        await using var held = reader.ConfigureAwait(false);
        if (await reader.NextAsync(_options.SenderTimeout).ConfigureAwait(false) is not { } first)
            throw new RpcHandlerException("A request is expected.");
        if (await FindRoundAsync(first.GroupId.Span.ToArray(), token).ConfigureAwait(false) is not { } round)
        {
            yield return new WireAveragingData { Code = (int)AveragingCode.BadGroupId };
            yield break;
        }

        await foreach (var answer in round.ServeAsync(context.Peer, first, reader, token).ConfigureAwait(false))
            yield return answer;
    }

    // A member may send before the leader's word has reached this node: while a group may be forming, its id may become known.
    private async Task<AllReduce?> FindRoundAsync(byte[] groupId, CancellationToken token)
    {
        var key = Convert.ToHexString(groupId);
        Task? forming;
        lock (_lock)
        {
            if (_rounds.TryGetValue(key, out var round))
                return round;
            forming = _forming?.Task;
        }

        if (forming is null)
            return null;
        try
        {
            await forming.WaitAsync(_options.SenderTimeout, _time, token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }

        lock (_lock)
            return _rounds.GetValueOrDefault(key);
    }

    private IAsyncEnumerable<WireDownloadData> ServeState()
        => _options.SharesState ? StateTransfer.GiveAsync(GetTensors(), _options.StateMetadata?.Invoke() ?? HivemindValue.Map(("group_key", GroupBits))) : StateTransfer.GiveAsync([], HivemindValue.Map());

    private async Task OfferStateAsync(CancellationToken token)
    {
        try
        {
            while (true)
            {
                await DeclareDonorAsync(_options.StatePriority, token).ConfigureAwait(false);
                await Task.Delay(_options.StatePeriod, _time, token).ConfigureAwait(false);
            }
        }
        finally
        {
            await DeclareDonorAsync(null, default).ConfigureAwait(false);
        }
    }

    private async Task DeclareDonorAsync(double? priority, CancellationToken token)
    {
        using var deadline = _time.CreateDeadline(_options.StatePeriod, token);
        try
        {
            await _directory.DeclareDonorAsync(priority, DhtExpiration.Now(_time) + _options.StatePeriod, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (!token.IsCancellationRequested && error is PeerNetException or OperationCanceledException)
        {
            // The next period tries again; the last word fades by itself.
        }
    }
}
