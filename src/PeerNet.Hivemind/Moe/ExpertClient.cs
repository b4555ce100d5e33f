using PeerNet.Hivemind.Moe.Generated;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Moe;

/// <summary>
/// Calls experts of peers. Up to 2 MiB of tensors travel in one unary call, more in a stream of pieces. What comes back is bounded.
/// Thread-safe.
/// </summary>
public sealed class ExpertClient
{
    // Implementation limit: what one call may bring back.
    private const long MaxAnswerBytes = 256L * 1024 * 1024;

    private readonly HivemindSwarm _swarm;

    /// <summary>Makes a client in a swarm, which stays the caller's.</summary>
    public ExpertClient(HivemindSwarm swarm)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        _swarm = swarm;
    }

    /// <summary>Asks a server what an expert takes and gives.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<ExpertDescription> GetInfoAsync(ExpertLocation expert, TimeSpan? timeout = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(expert);
        await _swarm.Dht.FindAddressesAsync(expert.Peer, hasFailed: false, token).ConfigureAwait(false);
        var answer = await _swarm.Client.CallAsync(expert.Peer, ExpertMethods.Info, new WireExpertUid { Uid = expert.Uid.Text }, timeout, token).ConfigureAwait(false);
        return ExpertDescription.TryDecode(answer.SerializedInfo.Span, out var description) ? description : throw Malformed(expert);
    }

    /// <summary>Runs a batch through an expert.</summary>
    /// <param name="expert">The expert.</param>
    /// <param name="inputs">The arguments, in the order of <see cref="ExpertDescription.Inputs"/>.</param>
    /// <param name="compression">How to pack those of floats.</param>
    /// <param name="timeout">The longest that a unary call may take; null takes the client's. A stream is bounded by the time between its pieces.</param>
    /// <param name="token">Cancels the call.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<IReadOnlyList<Tensor>> ForwardAsync(
        ExpertLocation expert, IReadOnlyList<Tensor> inputs, TensorCompression compression = TensorCompression.None, TimeSpan? timeout = null, CancellationToken token = default)
        => CallAsync(expert, inputs, compression, ExpertMethods.Forward, ExpertMethods.ForwardStream, timeout, token);

    /// <summary>Runs gradients back through an expert, which learns from them.</summary>
    /// <param name="expert">The expert.</param>
    /// <param name="inputsAndGradients">The arguments of the forward pass, then the gradients of what came out.</param>
    /// <param name="compression">How to pack those of floats.</param>
    /// <param name="timeout">The longest that a unary call may take.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>The gradients of the arguments.</returns>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<IReadOnlyList<Tensor>> BackwardAsync(
        ExpertLocation expert, IReadOnlyList<Tensor> inputsAndGradients, TensorCompression compression = TensorCompression.None, TimeSpan? timeout = null, CancellationToken token = default)
        => CallAsync(expert, inputsAndGradients, compression, ExpertMethods.Backward, ExpertMethods.BackwardStream, timeout, token);

    private async Task<IReadOnlyList<Tensor>> CallAsync(
        ExpertLocation expert,
        IReadOnlyList<Tensor> inputs,
        TensorCompression compression,
        RpcMethod<WireExpertRequest, WireExpertResponse> unary,
        RpcMethod<WireExpertRequest, WireExpertResponse> stream,
        TimeSpan? timeout,
        CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(expert);
        ArgumentNullException.ThrowIfNull(inputs);
        var wires = inputs.Select(input => TensorCodec.ToWire(input, TensorTypes.IsFloat(input.Type) ? compression : TensorCompression.None)).ToArray();
        await _swarm.Dht.FindAddressesAsync(expert.Peer, hasFailed: false, token).ConfigureAwait(false);
        var joiner = new TensorJoiner(MaxAnswerBytes, MoeProtocol.MaxTensors);
        if (inputs.Sum(input => (long)input.Data.Length) <= MoeProtocol.MaxUnaryBytes)
        {
            var request = new WireExpertRequest { Uid = expert.Uid.Text };
            request.Tensors.AddRange(wires);
            var answer = await _swarm.Client.CallAsync(expert.Peer, unary, request, timeout, token).ConfigureAwait(false);
            Add(joiner, answer, expert);
        }
        else
        {
            await foreach (var answer in _swarm.Client.CallStreamAsync(expert.Peer, stream, Pieces(expert.Uid, wires), token).ConfigureAwait(false))
                Add(joiner, answer, expert);
        }

        return joiner.TryComplete(out var tensors) ? tensors : throw Malformed(expert);
    }

    internal static async IAsyncEnumerable<WireExpertRequest> Pieces(ExpertUid uid, IEnumerable<Tensors.Generated.WireTensor> wires)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var piece in wires.SelectMany(wire => TensorChunks.Split(wire, MoeProtocol.ChunkBytes)))
        {
            var request = new WireExpertRequest { Uid = uid.Text };
            request.Tensors.Add(piece);
            yield return request;
        }
    }

    private static void Add(TensorJoiner joiner, WireExpertResponse answer, ExpertLocation expert)
    {
        foreach (var piece in answer.Tensors)
        {
            if (!joiner.TryAdd(piece))
                throw Malformed(expert);
        }
    }

    private static RpcException Malformed(ExpertLocation expert) => new(RpcFailure.Malformed, $"What peer {expert.Peer} sent for expert {expert.Uid} is no answer.");
}
