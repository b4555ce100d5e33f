using System.Runtime.CompilerServices;
using Google.Protobuf;
using PeerNet.Core.Errors;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>What one round of averaging is about.</summary>
internal sealed record AllReduceRound
{
    public required AveragingGroup Group { get; init; }

    public required int OwnIndex { get; init; }

    /// <summary>The own tensors behind each other, not to be changed while the round runs.</summary>
    public required float[] Vector { get; init; }

    public required TensorPartition Partition { get; init; }

    public required double Weight { get; init; }

    public required TensorCompression Compression { get; init; }

    public required TimeSpan SenderTimeout { get; init; }

    public required TimeSpan ReducerTimeout { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Calls a member's method for parts.</summary>
    public required Func<PeerId, IAsyncEnumerable<WireAveragingData>, CancellationToken, IAsyncEnumerable<WireAveragingData>> CallAsync { get; init; }
}

/// <summary>
/// One round of averaging in a group: every member gives each part to the member that averages it, and gets back how far the average is from
/// its own part. A member that fails costs its parts, or its share of them, and not the round. Thread-safe.
/// </summary>
internal sealed class AllReduce
{
    private readonly AllReduceRound _round;
    private readonly PartReducer _reducer;
    private readonly IReadOnlyList<VectorPart> _ownParts;
    private readonly Lock _lock = new();
    private readonly HashSet<int> _started = [];
    private readonly TaskCompletionSource _allStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[] _delta;
    private int _received;

    public AllReduce(AllReduceRound round)
    {
        _round = round;
        _ownParts = round.Partition.PartsOf(round.OwnIndex);
        _reducer = new PartReducer(_ownParts, round.Group.Members.Count);
        _delta = new float[round.Vector.Length];
        Start(round.OwnIndex);
    }

    /// <summary>The elements of the own tensors whose averages came.</summary>
    public int ReceivedElements => _received;

    /// <summary>Runs the round.</summary>
    /// <returns>By how much each element of the own tensors is to move.</returns>
    public async Task<float[]> RunAsync(CancellationToken token)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        using var abort = token.UnsafeRegister(static state => ((PartReducer)state!).Abort(), _reducer);
        var missing = _ownParts.Count > 0 ? FailMissingAsync(ending.Token) : Task.CompletedTask;
        try
        {
            var exchanges = Enumerable.Range(0, _round.Partition.MemberCount)
                .Where(member => member != _round.OwnIndex && _round.Partition.PartsOf(member).Count > 0)
                .Select(member => ExchangeAsync(member, ending.Token)).ToList();
            exchanges.Add(AverageOwnAsync());
            await Task.WhenAll(exchanges).ConfigureAwait(false);

            token.ThrowIfCancellationRequested();
            return _delta;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await missing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Averages the parts that a member sends, beginning with a message that has been read.</summary>
    public async IAsyncEnumerable<WireAveragingData> ServeAsync(
        PeerId peer, WireAveragingData first, TimedReader<WireAveragingData> rest, [EnumeratorCancellation] CancellationToken token = default)
    {
        var sender = _round.Group.IndexOf(peer);
        if (Refusal(first, sender) is { } refusal)
        {
            yield return new WireAveragingData { Code = (int)refusal };
            yield break;
        }

        // A member that averages nothing reads nothing before it has sent all.
        var held = _round.Partition.PartsOf(sender).Count == 0 ? new List<WireAveragingData>() : null;
        var answered = 0;
        try
        {
            for (; answered < _ownParts.Count; answered++)
            {
                var request = answered == 0 ? first : await NextAsync(rest).ConfigureAwait(false);
                if (request is null || await AverageAsync(sender, request).WaitAsync(token).ConfigureAwait(false) is not { } answer)
                    break;
                if (held is null)
                    yield return answer;
                else
                    held.Add(answer);
            }

            foreach (var answer in held ?? [])
                yield return answer;
            if (answered < _ownParts.Count)
                yield return new WireAveragingData { Code = (int)AveragingCode.InternalError };
        }
        finally
        {
            if (answered < _ownParts.Count)
                _reducer.Fail(sender);
        }
    }

    private AveragingCode? Refusal(WireAveragingData first, int sender)
    {
        if (!first.GroupId.Span.SequenceEqual(_round.Group.Id.Span))
            return AveragingCode.BadGroupId;
        if (sender < 0 || _ownParts.Count == 0 || first.Code != (int)AveragingCode.PartForAveraging || !Start(sender))
            return AveragingCode.ProtocolViolation;
        return null;
    }

    private bool Start(int sender)
    {
        lock (_lock)
        {
            var isNew = _started.Add(sender);
            if (_started.Count == _round.Group.Members.Count)
                _allStarted.TrySetResult();
            return isNew;
        }
    }

    private async ValueTask<WireAveragingData?> NextAsync(TimedReader<WireAveragingData> rest)
    {
        try
        {
            return await rest.NextAsync(_round.SenderTimeout).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or PeerNetException)
        {
            return null;
        }
    }

    private async Task<WireAveragingData?> AverageAsync(int sender, WireAveragingData request)
    {
        if (!double.IsFinite(request.Weight) || request.Weight < 0 || request.TensorPart is not { } wire || !TensorCodec.TryRead(wire, out var tensor))
            return null;
        var values = tensor.ToSingles();
        if (await _reducer.AddAsync(sender, values, request.Weight).ConfigureAwait(false) is not { } average)
            return null;
        Subtract(average, values, values);
        return new WireAveragingData { Code = (int)AveragingCode.AveragedPart, TensorPart = ToWire(values, (TensorCompression)wire.Compression) };
    }

    private async Task AverageOwnAsync()
    {
        foreach (var part in _ownParts)
        {
            if (await _reducer.AddAsync(_round.OwnIndex, _round.Vector.AsSpan(part.Start, part.Length), _round.Weight).ConfigureAwait(false) is not { } average)
                return;
            Subtract(average, _round.Vector.AsSpan(part.Start, part.Length), _delta.AsSpan(part.Start, part.Length));
            Interlocked.Add(ref _received, part.Length);
        }
    }

    private async Task ExchangeAsync(int member, CancellationToken token)
    {
        try
        {
            var parts = _round.Partition.PartsOf(member);
            TimedReader<WireAveragingData>? reading = null;
            var answers = new TimedReader<WireAveragingData>(
                _round.CallAsync(_round.Group.Members[member], RequestsAsync(parts, () => reading?.Touch()), token), _round.Time, token);
            reading = answers;
            await using (answers.ConfigureAwait(false))
            {
                foreach (var part in parts)
                {
                    if (await answers.NextAsync(_round.ReducerTimeout).ConfigureAwait(false) is not { Code: (int)AveragingCode.AveragedPart, TensorPart: { } wire }
                        || !TensorCodec.TryRead(wire, out var tensor)
                        || tensor.ElementCount != part.Length)
                    {
                        return;
                    }

                    tensor.ToSingles().CopyTo(_delta.AsSpan(part.Start));
                    Interlocked.Add(ref _received, part.Length);
                }

                // The end of the answers tells the peer that none of them was in vain.
                await answers.NextAsync(_round.ReducerTimeout).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is TimeoutException or PeerNetException or OperationCanceledException)
        {
            // What this member has not averaged stays as it is; the round goes on with the others.
        }
    }

    internal async IAsyncEnumerable<WireAveragingData> RequestsAsync(IReadOnlyList<VectorPart> parts, Action onSent)
    {
        var isFirst = true;
        foreach (var part in parts)
        {
            await Task.Yield();
            onSent();
            var request = new WireAveragingData { TensorPart = ToWire(_round.Vector.AsSpan(part.Start, part.Length), _round.Compression), Weight = _round.Weight };
            if (isFirst)
            {
                request.Code = (int)AveragingCode.PartForAveraging;
                request.GroupId = UnsafeByteOperations.UnsafeWrap(_round.Group.Id);
                isFirst = false;
            }

            yield return request;
        }
    }

    private async Task FailMissingAsync(CancellationToken token)
    {
        try
        {
            await _allStarted.Task.WaitAsync(_round.SenderTimeout, _round.Time, token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            int[] missing;
            lock (_lock)
                missing = [.. Enumerable.Range(0, _round.Group.Members.Count).Where(sender => !_started.Contains(sender))];
            foreach (var sender in missing)
                _reducer.Fail(sender);
        }
    }

    // Without weight there is no average, and nothing moves.
    private static void Subtract(ReadOnlySpan<float> average, ReadOnlySpan<float> values, Span<float> target)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] = average.IsEmpty ? 0 : average[i] - values[i];
    }

    private static Tensors.Generated.WireTensor ToWire(ReadOnlySpan<float> values, TensorCompression compression)
        => TensorCodec.ToWire(Tensor.Of(values, values.Length), values.IsEmpty ? TensorCompression.None : compression);
}
