namespace PeerNet.Core.Wire;

/// <summary>
/// Walks over the bytes of a protobuf message once, before a parser sees them, and refuses what the message's <see cref="MessageShape"/>
/// does not allow. It makes no object and never throws on a peer's bytes. It is at least as strict as the parser about structure: what
/// passes here is a sequence of whole fields, at every described level.
/// </summary>
public static class MessageGuard
{
    // Specification (protobuf encoding): wire types, and the longest varint.
    private const uint WireVarint = 0;
    private const uint WireFixed64 = 1;
    private const uint WireLength = 2;
    private const uint WireStartGroup = 3;
    private const uint WireEndGroup = 4;
    private const uint WireFixed32 = 5;
    private const int MaxVarintBytes = 10;
    private const ulong MaxTag = uint.MaxValue;

    /// <summary>Holds a message against its shape.</summary>
    public static MessageFault Check(ReadOnlySpan<byte> message, MessageShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var entries = shape.MaxEntries;
        return Walk(message, shape, ref entries);
    }

    private static MessageFault Walk(ReadOnlySpan<byte> message, MessageShape shape, ref int entries)
    {
        // The depth of this recursion is the shape's own (at most 16): only described messages are descended into.
        Span<int> counts = stackalloc int[shape.FieldCount];
        counts.Clear();
        var position = 0;
        while (position < message.Length)
        {
            if (!TryReadVarint(message, ref position, out var tag, out var truncated) || tag > MaxTag)
                return new MessageFault(truncated ? MessageFaultKind.Truncated : MessageFaultKind.Malformed, 0);
            var number = (uint)(tag >> 3);
            var field = (int)number;
            if (number == 0)
                return new MessageFault(MessageFaultKind.Malformed, 0);
            if (--entries < 0)
                return new MessageFault(MessageFaultKind.TooManyEntries, field);

            var index = shape.IndexOf(number);
            var described = index < 0 ? null : shape.FieldAt(index);
            if (described is not null && ++counts[index] > described.MaxCount)
                return new MessageFault(MessageFaultKind.TooMany, field);

            switch ((uint)tag & 7)
            {
                case WireVarint:
                    if (!TryReadVarint(message, ref position, out _, out truncated))
                        return new MessageFault(truncated ? MessageFaultKind.Truncated : MessageFaultKind.Malformed, field);
                    break;
                case WireFixed64:
                    position += sizeof(ulong);
                    break;
                case WireFixed32:
                    position += sizeof(uint);
                    break;
                case WireLength:
                    if (!TryReadVarint(message, ref position, out var length, out truncated))
                        return new MessageFault(truncated ? MessageFaultKind.Truncated : MessageFaultKind.Malformed, field);
                    if (length > (ulong)(message.Length - position))
                        return new MessageFault(MessageFaultKind.Truncated, field);
                    var value = message.Slice(position, (int)length);
                    position += (int)length;
                    if (described is not null)
                    {
                        var fault = CheckValue(value, described, ref counts[index], ref entries);
                        if (!fault.IsNone)
                            return fault;
                    }

                    break;
                case WireStartGroup or WireEndGroup:
                    return new MessageFault(MessageFaultKind.Group, field);
                default:
                    return new MessageFault(MessageFaultKind.Malformed, field);
            }

            if (position > message.Length)
                return new MessageFault(MessageFaultKind.Truncated, field);
        }

        return default;
    }

    private static MessageFault CheckValue(ReadOnlySpan<byte> value, FieldShape field, ref int count, ref int entries)
    {
        if (value.Length > field.MaxBytes)
            return new MessageFault(MessageFaultKind.TooLong, field.Number);
        if (field.Nested is not null)
            return Walk(value, field.Nested, ref entries);
        if (!field.IsPacked)
            return default;

        // Every packed number ends with a byte below 0x80. The occurrence itself was counted already.
        count--;
        foreach (var b in value)
            count += b < 0x80 ? 1 : 0;
        if (!value.IsEmpty && value[^1] >= 0x80)
            return new MessageFault(MessageFaultKind.Truncated, field.Number);
        return count > field.MaxCount ? new MessageFault(MessageFaultKind.TooMany, field.Number) : default;
    }

    private static bool TryReadVarint(ReadOnlySpan<byte> message, ref int position, out ulong value, out bool truncated)
    {
        truncated = false;
        if (position < message.Length && message[position] < 0x80)
        {
            value = message[position++];
            return true;
        }

        value = 0;
        for (var i = 0; i < MaxVarintBytes; i++)
        {
            if (position >= message.Length)
            {
                truncated = true;
                return false;
            }

            var b = message[position++];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
                return true;
        }

        return false;
    }
}
