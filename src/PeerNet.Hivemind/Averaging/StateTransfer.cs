using Google.Protobuf;
using PeerNet.Core.Errors;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>Gives the state of an averager to others, and gets theirs. The metadata travel with the first piece; a refusal is an empty answer.</summary>
internal static class StateTransfer
{
    public static async IAsyncEnumerable<WireDownloadData> GiveAsync(IReadOnlyList<Tensor> tensors, MapValue metadata)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        byte[]? first = metadata.ToBytes();
        foreach (var piece in tensors.SelectMany(tensor => TensorChunks.Split(TensorCodec.ToWire(tensor, TensorCompression.None), TensorChunks.StateChunkBytes)))
        {
            yield return new WireDownloadData { Metadata = first is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(first), TensorPart = piece };
            first = null;
        }
    }

    /// <summary>Gets a peer's state; null when it gives none, or none that is whole.</summary>
    public static async Task<AveragerState?> GetAsync(HivemindDht dht, RpcClient client, AveragingMethods methods, PeerId donor, AveragerOptions options, CancellationToken token)
    {
        try
        {
            await dht.FindAddressesAsync(donor, hasFailed: false, token).ConfigureAwait(false);
            var answers = new TimedReader<WireDownloadData>(client.CallStreamAsync(donor, methods.Download, One(), token), dht.Time, token);
            await using (answers.ConfigureAwait(false))
            {
                var joiner = new TensorJoiner(options.MaxStateBytes, AveragingProtocol.MaxStateTensors);
                HivemindValue? metadata = null;
                while (await answers.NextAsync(options.SenderTimeout).ConfigureAwait(false) is { } answer)
                {
                    if (!answer.Metadata.IsEmpty && !ValueReader.TryRead(answer.Metadata.Span, out metadata))
                        return null;
                    if (answer.TensorPart is { } piece && !joiner.TryAdd(piece))
                        return null;
                }

                return metadata is not null && joiner.TryComplete(out var tensors) ? new AveragerState(donor, metadata, tensors) : null;
            }
        }
        catch (Exception error) when (error is TimeoutException or PeerNetException)
        {
            return null;
        }
    }

    private static async IAsyncEnumerable<WireDownloadRequest> One()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return new WireDownloadRequest();
    }
}
