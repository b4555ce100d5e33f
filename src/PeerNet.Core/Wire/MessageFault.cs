namespace PeerNet.Core.Wire;

/// <summary>What is wrong with a peer's protobuf bytes.</summary>
public enum MessageFaultKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The bytes end inside a field, or a length goes beyond the message around it.</summary>
    Truncated,

    /// <summary>A varint of more than ten bytes, or a tag that is no tag.</summary>
    Malformed,

    /// <summary>A group: no libp2p message has one, and a parser descends into unknown ones.</summary>
    Group,

    /// <summary>A field occurs more often than its limit.</summary>
    TooMany,

    /// <summary>A field is longer than its limit.</summary>
    TooLong,

    /// <summary>The message as a whole has more fields than its limit.</summary>
    TooManyEntries,

    /// <summary>The bytes are well-formed, but the parser refused them.</summary>
    Unparsable,
}

/// <summary>What <see cref="MessageGuard"/> found, and where.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Field">The number of the field; 0 where there is none.</param>
public readonly record struct MessageFault(MessageFaultKind Kind, int Field)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsNone => Kind == MessageFaultKind.None;

    /// <inheritdoc />
    public override string ToString() => Kind switch
    {
        MessageFaultKind.None => "no fault",
        MessageFaultKind.Truncated => $"the message ends inside field {Field}",
        MessageFaultKind.Malformed => $"the message is no protobuf (near field {Field})",
        MessageFaultKind.Group => $"field {Field} is a group",
        MessageFaultKind.TooMany => $"field {Field} occurs too often",
        MessageFaultKind.TooLong => $"field {Field} is too long",
        MessageFaultKind.TooManyEntries => "the message has too many fields",
        _ => "the message does not parse",
    };
}
