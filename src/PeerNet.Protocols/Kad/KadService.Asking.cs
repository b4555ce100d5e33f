using PeerNet.Identity;
using PeerNet.Protocols.Kad.Wire;

namespace PeerNet.Protocols.Kad;

// Asking one peer, for tools that look at a network from outside.
public sealed partial class KadService
{
    /// <summary>Asks one peer which peers it knows near a key, and does nothing else with the answer.</summary>
    /// <param name="peer">Whom to ask; connected to first when need be.</param>
    /// <param name="key">What is hashed to the point.</param>
    /// <param name="token">Cancels.</param>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    /// <exception cref="Core.Errors.PeerNetException">The peer was not reached, does not speak the protocol, broke it or ended the stream.</exception>
    public async Task<IReadOnlyList<KadPeer>> AskClosestPeersAsync(PeerId peer, ReadOnlyMemory<byte> key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var answer = await _client.RequestAsync(peer, new KadMessage { Type = KadMessageType.FindNode, Key = key }, _options.Lookup.RequestTimeout, token).ConfigureAwait(false);
        return answer.CloserPeers;
    }
}
