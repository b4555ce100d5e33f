using System.Buffers.Binary;

namespace PeerNet.Protocols.Kad;

/// <summary>
/// Makes bytes whose point in the key space lies in a wanted bucket, as requests need them: they carry what is hashed, not the hash. Found
/// by trying, which takes two tries for the farthest bucket and twice as many for each nearer one. Thread-safe.
/// </summary>
internal sealed class RandomKeys(KadKey local, Random random)
{
    // A SHA-256 multihash: a peer id that nobody has, which every implementation takes for a key.
    private const int MultihashBytes = 34;
    private const int CounterOffset = 26;

    private readonly Lock _lock = new();

    /// <summary>A random key that shares a prefix of exactly this length with the local one.</summary>
    public byte[] InBucket(int bucket)
    {
        var key = new byte[MultihashBytes];
        lock (_lock)
            random.NextBytes(key);
        key[0] = 0x12;
        key[1] = 0x20;
        for (ulong i = 0; ; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(CounterOffset), i);
            if (KadKey.Of(key).CommonPrefixLength(local) == bucket)
                return key;
        }
    }
}
