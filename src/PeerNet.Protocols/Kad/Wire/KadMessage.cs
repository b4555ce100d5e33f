namespace PeerNet.Protocols.Kad.Wire;

/// <summary>What a message asks for, or answers.</summary>
internal enum KadMessageType
{
    /// <summary>Store a record; answered with an echo.</summary>
    PutValue = 0,

    /// <summary>Ask for a record, and for peers nearer to its key.</summary>
    GetValue = 1,

    /// <summary>Tell that the sender has some content; not answered.</summary>
    AddProvider = 2,

    /// <summary>Ask who has some content, and for peers nearer to its key.</summary>
    GetProviders = 3,

    /// <summary>Ask for peers nearer to a key.</summary>
    FindNode = 4,

    /// <summary>Deprecated; answered with an echo.</summary>
    Ping = 5,
}

/// <summary>One request or answer. Immutable; its memory is its own.</summary>
internal sealed record KadMessage
{
    /// <summary>What it is. A value that is no member of the enumeration was sent by a peer that knows more, or less.</summary>
    public required KadMessageType Type { get; init; }

    /// <summary>The key asked for. Answers of go carry none to some requests: it is never compared.</summary>
    public ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>The record, where there is one.</summary>
    public KadRecord? Record { get; init; }

    /// <summary>Peers nearer to the key.</summary>
    public IReadOnlyList<KadPeer> CloserPeers { get; init; } = [];

    /// <summary>Peers that have the content.</summary>
    public IReadOnlyList<KadPeer> ProviderPeers { get; init; } = [];

    /// <summary>Peers of a received message that were left out: ids that are none, and what is beyond the limits.</summary>
    public int SkippedPeers { get; init; }
}

/// <summary>A record as messages carry it. What this node does not understand of it is kept, so that it passes through unchanged.</summary>
internal sealed record KadRecord
{
    /// <summary>The value's key; equal to the message's in every good message.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>The value.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>When the sender received it, as text. For display: everybody may write what they like.</summary>
    public ReadOnlyMemory<byte> TimeReceived { get; init; }

    /// <summary>The Rust implementation's publisher, a peer id; empty when absent.</summary>
    public ReadOnlyMemory<byte> Publisher { get; init; }

    /// <summary>The Rust implementation's remaining life in seconds; null when absent.</summary>
    public uint? Ttl { get; init; }
}
