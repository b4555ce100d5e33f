namespace PeerNet.Protocols.Fetch;

/// <summary>
/// Finds the value of a key that begins with a registered prefix; null when there is none. May throw: the peer is then told of an error, not
/// of its text.
/// </summary>
/// <param name="key">The whole key; valid until the call has ended.</param>
/// <param name="token">Cancelled when the request has ended.</param>
public delegate ValueTask<ReadOnlyMemory<byte>?> FetchLookup(ReadOnlyMemory<byte> key, CancellationToken token);

/// <summary>Look-ups by prefix; the longest prefix that fits decides. Thread-safe.</summary>
internal sealed class FetchLookups
{
    private readonly Lock _lock = new();
    private volatile Entry[] _entries = [];

    /// <summary>Registers a look-up; disposing the result removes it.</summary>
    /// <exception cref="ArgumentException">The prefix is registered already.</exception>
    public IDisposable Add(ReadOnlySpan<byte> prefix, FetchLookup lookup)
    {
        var entry = new Entry(this, prefix.ToArray(), lookup);
        lock (_lock)
        {
            if (Array.Exists(_entries, other => other.Prefix.AsSpan().SequenceEqual(entry.Prefix)))
                throw new ArgumentException("A look-up for this prefix is registered already.", nameof(prefix));
            _entries = [.. _entries.Append(entry).OrderByDescending(other => other.Prefix.Length)];
        }

        return entry;
    }

    /// <summary>The look-up for a key; null when no prefix fits.</summary>
    public FetchLookup? Find(ReadOnlySpan<byte> key)
    {
        foreach (var entry in _entries)
        {
            if (key.StartsWith(entry.Prefix))
                return entry.Lookup;
        }

        return null;
    }

    private sealed class Entry(FetchLookups owner, byte[] prefix, FetchLookup lookup) : IDisposable
    {
        public byte[] Prefix => prefix;

        public FetchLookup Lookup => lookup;

        public void Dispose()
        {
            lock (owner._lock)
                owner._entries = Array.FindAll(owner._entries, other => other != this);
        }
    }
}
