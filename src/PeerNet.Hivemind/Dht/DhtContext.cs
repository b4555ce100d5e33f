using Microsoft.Extensions.Logging;
using PeerNet.Hivemind.Auth;

namespace PeerNet.Hivemind.Dht;

/// <summary>What the parts of one node share.</summary>
internal sealed record DhtContext
{
    public required DhtId OwnId { get; init; }

    public required DhtOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    public required IDhtStorage Storage { get; init; }

    public required IDhtStorage Cache { get; init; }

    public required RecordValidators Validators { get; init; }

    public required DhtPeers Peers { get; init; }

    public required ILogger Log { get; init; }

    public DhtExpiration Now => DhtExpiration.Now(Time);

    /// <summary>What this node holds itself: of storage and cache the one that ends later, storage in a tie.</summary>
    public DhtEntry? Held(DhtId key)
    {
        var now = Now;
        var stored = Storage.Get(key, now);
        var cached = Cache.Get(key, now);
        return stored is null || cached?.Expiration > stored.Expiration ? cached : stored;
    }
}
