namespace PeerNet.Hivemind.Auth;

/// <summary>Decides which records are taken, from stores and from answers alike. Thread-safe; never throws on a peer's bytes.</summary>
public interface IRecordValidator
{
    /// <summary>Its place in the order: records are signed upwards, checked and stripped downwards.</summary>
    int Priority { get; }

    /// <summary>Whether a record is good.</summary>
    bool Validate(DhtRecord record);

    /// <summary>The value to store: with a signature where there is something to sign.</summary>
    ReadOnlyMemory<byte> Sign(DhtRecord record);

    /// <summary>The value without what <see cref="Sign"/> added.</summary>
    ReadOnlyMemory<byte> Strip(DhtRecord record);
}
