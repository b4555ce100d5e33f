using System.Runtime.CompilerServices;
using Google.Protobuf;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Moe.Generated;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;

namespace PeerNet.Hivemind.Moe;

/// <summary>
/// Serves experts to a swarm and keeps them announced. Contract: what a caller sends is bounded before it reaches an expert; disposing stops
/// serving, and the announcements end by themselves; thread-safe.
/// </summary>
public sealed class ExpertServer : IAsyncDisposable
{
    // Implementation limit: what one call may bring.
    private const long MaxRequestBytes = 256L * 1024 * 1024;

    private readonly Dictionary<string, IExpert> _experts;
    private readonly ExpertUid[] _uids;
    private readonly ExpertDirectory _directory;
    private readonly TimeSpan _updatePeriod;
    private readonly IDisposable[] _handlers;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _announcing;

    /// <summary>Serves experts, and announces them at once and then every <paramref name="updatePeriod"/>.</summary>
    /// <param name="swarm">The swarm, which stays the caller's.</param>
    /// <param name="experts">The experts by uid.</param>
    /// <param name="updatePeriod">How often to announce; null takes <see cref="MoeProtocol.UpdatePeriod"/>.</param>
    /// <exception cref="InvalidOperationException">The swarm serves experts already.</exception>
    public ExpertServer(HivemindSwarm swarm, IReadOnlyDictionary<ExpertUid, IExpert> experts, TimeSpan? updatePeriod = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        ArgumentNullException.ThrowIfNull(experts);
        _experts = experts.ToDictionary(pair => pair.Key.Text, pair => pair.Value);
        _uids = [.. experts.Keys];
        _directory = new ExpertDirectory(swarm.Dht);
        _updatePeriod = updatePeriod ?? MoeProtocol.UpdatePeriod;
        _handlers =
        [
            swarm.Server.Handle(ExpertMethods.Info, (_, request, _) => ValueTask.FromResult(Describe(request))),
            swarm.Server.Handle(ExpertMethods.Forward, (_, request, token) => AnswerAsync(request, isForward: true, token)),
            swarm.Server.Handle(ExpertMethods.Backward, (_, request, token) => AnswerAsync(request, isForward: false, token)),
            swarm.Server.HandleStream(ExpertMethods.ForwardStream, (_, requests, token) => AnswerStreamAsync(requests, isForward: true, token)),
            swarm.Server.HandleStream(ExpertMethods.BackwardStream, (_, requests, token) => AnswerStreamAsync(requests, isForward: false, token)),
        ];
        _announcing = AnnounceAsync(_stopping.Token);
    }

    /// <summary>Stops serving.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var handler in _handlers)
            handler.Dispose();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _announcing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private WireExpertInfo Describe(WireExpertUid request) => new() { SerializedInfo = UnsafeByteOperations.UnsafeWrap(Find(request.Uid).Description.Encode()) };

    private async ValueTask<WireExpertResponse> AnswerAsync(WireExpertRequest request, bool isForward, CancellationToken token)
    {
        var joiner = new TensorJoiner(MaxRequestBytes, MoeProtocol.MaxTensors);
        Add(joiner, request);
        var response = new WireExpertResponse();
        response.Tensors.AddRange(await RunAsync(request.Uid, joiner, isForward, token).ConfigureAwait(false));
        return response;
    }

    private async IAsyncEnumerable<WireExpertResponse> AnswerStreamAsync(IAsyncEnumerable<WireExpertRequest> requests, bool isForward, [EnumeratorCancellation] CancellationToken token)
    {
        var joiner = new TensorJoiner(MaxRequestBytes, MoeProtocol.MaxTensors);
        string? uid = null;
        await foreach (var request in requests.WithCancellation(token).ConfigureAwait(false))
        {
            uid ??= request.Uid;
            if (uid != request.Uid)
                throw new RpcHandlerException("The pieces name different experts.");
            Add(joiner, request);
        }

        foreach (var wire in await RunAsync(uid ?? "", joiner, isForward, token).ConfigureAwait(false))
        {
            foreach (var piece in TensorChunks.Split(wire, MoeProtocol.ChunkBytes))
            {
                var response = new WireExpertResponse();
                response.Tensors.Add(piece);
                yield return response;
            }
        }
    }

    private async Task<IReadOnlyList<Tensors.Generated.WireTensor>> RunAsync(string uid, TensorJoiner joiner, bool isForward, CancellationToken token)
    {
        var expert = Find(uid);
        if (!joiner.TryComplete(out var tensors))
            throw new RpcHandlerException("The tensors do not parse.");
        var results = isForward ? await expert.ForwardAsync(tensors, token).ConfigureAwait(false) : await expert.BackwardAsync(tensors, token).ConfigureAwait(false);
        var schema = isForward ? expert.Description.Outputs : expert.Description.Inputs;
        return [.. results.Select((result, i) => TensorCodec.ToWire(result, i < schema.Count ? schema[i].Compression : TensorCompression.None))];
    }

    private IExpert Find(string uid) => _experts.GetValueOrDefault(uid) ?? throw new RpcHandlerException("This server has no such expert.");

    private static void Add(TensorJoiner joiner, WireExpertRequest request)
    {
        foreach (var piece in request.Tensors)
        {
            if (!joiner.TryAdd(piece))
                throw new RpcHandlerException("The tensors do not parse, or are too large.");
        }
    }

    private async Task AnnounceAsync(CancellationToken token)
    {
        var time = _directory.Time;
        while (true)
        {
            try
            {
                using var deadline = time.CreateDeadline(_updatePeriod, token);
                await _directory.DeclareAsync(_uids, DhtExpiration.Now(time) + MoeProtocol.LifetimeFor(_updatePeriod), deadline.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (!token.IsCancellationRequested && error is OperationCanceledException or PeerNetException)
            {
                // The next period tries again.
            }

            await Task.Delay(_updatePeriod, time, token).ConfigureAwait(false);
        }
    }
}
