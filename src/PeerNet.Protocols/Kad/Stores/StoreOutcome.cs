namespace PeerNet.Protocols.Kad.Stores;

/// <summary>What came of storing a record.</summary>
public enum StoreOutcome
{
    /// <summary>It is kept.</summary>
    Stored,

    /// <summary>It is kept in place of an earlier one.</summary>
    Replaced,

    /// <summary>Its sender has as much here as one peer may have.</summary>
    PeerFull,

    /// <summary>Its key has as many providers as one key may have, in all or from one part of the Internet.</summary>
    KeyFull,

    /// <summary>The store is full, and nobody has more in it than the sender.</summary>
    Full,
}
