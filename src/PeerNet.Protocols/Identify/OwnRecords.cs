using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Identify;

/// <summary>
/// This node's signed peer records. A peer is told the addresses that are of use to it, so there is a record for each such set; each is signed
/// once and kept until others push it out. Sequence numbers come from the wall clock, in nanoseconds as go counts, and only ever rise, so that a
/// restart does not fall behind. Thread-safe.
/// </summary>
internal sealed class OwnRecords(PrivateKey key, TimeProvider time)
{
    /// <summary>Implementation limit: this machine, this network, the Internet, and one that is about to change.</summary>
    private const int MaxKept = 4;

    /// <summary>Implementation limit: many times what an honest node has.</summary>
    private const int MaxAddresses = 64;

    // What an envelope holds besides key and addresses: a signature (512 bytes of RSA-4096), ids, numbers and headers.
    private const int OverheadBytes = 700;

    // Two levels of field headers.
    private const int OverheadBytesPerAddress = 6;

    private readonly Lock _lock = new();
    private readonly List<(Multiaddress[] Addresses, ReadOnlyMemory<byte> Envelope)> _kept = [];
    private ulong _sequence;

    /// <summary>
    /// The record of a set of addresses, in the order of their worth; empty when there is none to sign. Addresses that not every implementation
    /// reads are left out, and the last ones where there are too many for one frame.
    /// </summary>
    public ReadOnlyMemory<byte> Get(IReadOnlyList<Multiaddress> addresses)
    {
        var signed = Choose(addresses);
        if (signed.Length == 0)
            return default;
        lock (_lock)
        {
            foreach (var (known, envelope) in _kept)
            {
                if (known.AsSpan().SequenceEqual(signed))
                    return envelope;
            }

            if (_kept.Count == MaxKept)
                _kept.RemoveAt(0);
            ReadOnlyMemory<byte> made = PeerRecord.Seal(key, NextSequence(), signed).Envelope.Encoded;
            _kept.Add((signed, made));
            return made;
        }
    }

    private Multiaddress[] Choose(IReadOnlyList<Multiaddress> addresses)
    {
        var room = IdentifyProtocol.MaxSentFrameBytes - OverheadBytes - key.PublicKey.Encoded.Length;
        return [.. addresses.Where(PeerAddresses.IsCommon).Take(MaxAddresses).TakeWhile(address => (room -= address.Bytes.Length + OverheadBytesPerAddress) >= 0)];
    }

    private ulong NextSequence()
    {
        var now = (ulong)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        return _sequence = Math.Max(_sequence + 1, now);
    }
}
