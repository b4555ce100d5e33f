namespace PeerNet.Core;

/// <summary>The name of a protocol as multistream-select carries it, such as <c>/ipfs/ping/1.0.0</c>. Compared byte for byte.</summary>
/// <param name="Value">The name.</param>
public readonly record struct ProtocolId(string Value)
{
    /// <summary>The longest name that may be sent: multistream-select messages end at 1024 bytes, with their newline.</summary>
    public const int MaxBytes = 1023;

    /// <inheritdoc />
    public override string ToString() => Value ?? "";

    /// <summary>Names a protocol.</summary>
    public static implicit operator ProtocolId(string value) => new(value);

    /// <summary>Names a protocol.</summary>
    public static ProtocolId FromString(string value) => new(value);
}
