using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PeerNet.Hivemind.MessagePack;

/// <summary>
/// Reads values as Python's unpacker does: numbers that are not in their shortest form and floats of single precision are taken, text must
/// be UTF-8, keys of maps are text or bytes, nothing may follow. Depth and element count are bounded before anything is made. Never throws
/// on a peer's bytes.
/// </summary>
public static class ValueReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads one value that takes all of the bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out HivemindValue? value, out ValueFault fault)
    {
        var elements = 0;
        var cursor = new Cursor(bytes, ref elements);
        value = cursor.Read(0);
        if (value is not null && !cursor.IsAtEnd)
        {
            cursor.Fault = ValueFault.TrailingBytes;
            value = null;
        }

        fault = cursor.Fault;
        return value is not null;
    }

    /// <summary>Reads one value that takes all of the bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out HivemindValue? value) => TryRead(bytes, out value, out _);

    private ref struct Cursor(ReadOnlySpan<byte> bytes, ref int elements)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly ref int _elements = ref elements;
        private int _position;

        public ValueFault Fault { get; set; }

        public readonly bool IsAtEnd => _position == _bytes.Length;

        public HivemindValue? Read(int depth)
        {
            if (depth > ValueLimits.MaxDepth)
                return Fail(ValueFault.TooDeep);
            if (++_elements > ValueLimits.MaxElements)
                return Fail(ValueFault.TooManyElements);
            if (IsAtEnd)
                return Fail(ValueFault.Truncated);
            var code = _bytes[_position++];
            switch (code)
            {
                case <= 0x7F:
                    return new IntegerValue(code);
                case <= 0x8F:
                    return ReadMap((uint)code & 0x0F, depth);
                case <= 0x9F:
                    return ReadList((uint)code & 0x0F, depth);
                case <= 0xBF:
                    return ReadText((uint)code & 0x1F);
                case >= 0xE0:
                    return new IntegerValue(unchecked((sbyte)code));
                default:
                    return ReadCoded(code, depth);
            }
        }

        private HivemindValue? ReadCoded(byte code, int depth)
        {
            ulong number;
            switch (code)
            {
                case 0xC0:
                    return HivemindValue.Nil;
                case 0xC2 or 0xC3:
                    return new BooleanValue(code == 0xC3);
                case 0xC4 or 0xC5 or 0xC6:
                    return TryNumber(1 << (code - 0xC4), out number) && TryTake(number, out var bytes) ? new BytesValue(bytes.ToArray()) : null;
                case 0xC7 or 0xC8 or 0xC9:
                    return TryNumber(1 << (code - 0xC7), out number) ? ReadExtension(number, depth) : null;
                case 0xCA:
                    return TryTake(4, out var single) ? new FloatValue(BinaryPrimitives.ReadSingleBigEndian(single)) : null;
                case 0xCB:
                    return TryTake(8, out var whole) ? new FloatValue(BinaryPrimitives.ReadDoubleBigEndian(whole)) : null;
                case >= 0xCC and <= 0xCF:
                    return TryNumber(1 << (code - 0xCC), out number) ? new IntegerValue(number) : null;
                case >= 0xD0 and <= 0xD3:
                    return ReadSigned(1 << (code - 0xD0));
                case >= 0xD4 and <= 0xD8:
                    return ReadExtension(1UL << (code - 0xD4), depth);
                case 0xD9 or 0xDA or 0xDB:
                    return TryNumber(1 << (code - 0xD9), out number) ? ReadText(number) : null;
                case 0xDC or 0xDD:
                    return TryNumber(2 << (code - 0xDC), out number) ? ReadList(number, depth) : null;
                case 0xDE or 0xDF:
                    return TryNumber(2 << (code - 0xDE), out number) ? ReadMap(number, depth) : null;
                default:
                    return Fail(ValueFault.UnknownCode);
            }
        }

        private IntegerValue? ReadSigned(int bytes)
        {
            if (!TryNumber(bytes, out var number))
                return null;
            var shift = 64 - (8 * bytes);
            return new IntegerValue(unchecked((long)(number << shift)) >> shift);
        }

        private HivemindValue? ReadText(ulong length)
        {
            if (!TryTake(length, out var bytes))
                return null;
            try
            {
                return new TextValue(StrictUtf8.GetString(bytes));
            }
            catch (DecoderFallbackException)
            {
                return Fail(ValueFault.BadText);
            }
        }

        private ListValue? ReadList(ulong count, int depth)
        {
            if (!TryCount(count, 1))
                return null;
            var items = new HivemindValue[count];
            for (var i = 0; i < items.Length; i++)
            {
                if (Read(depth + 1) is not { } item)
                    return null;
                items[i] = item;
            }

            return new ListValue(items);
        }

        private HivemindValue? ReadMap(ulong count, int depth)
        {
            if (!TryCount(count, 2))
                return null;
            var entries = new KeyValuePair<HivemindValue, HivemindValue>[count];
            for (var i = 0; i < entries.Length; i++)
            {
                if (Read(depth + 1) is not { } key)
                    return null;
                if (key is not (TextValue or BytesValue))
                    return Fail(ValueFault.BadKey);
                if (Read(depth + 1) is not { } value)
                    return null;
                entries[i] = KeyValuePair.Create(key, value);
            }

            return new MapValue(entries);
        }

        private HivemindValue? ReadExtension(ulong length, int depth)
        {
            if (!TryTake(1, out var code) || !TryTake(length, out var payload))
                return null;
            if ((sbyte)code[0] != ValueLimits.TupleExtension)
                return new ExtensionValue((sbyte)code[0], payload.ToArray());

            // What lies inside a tuple cannot be made whole by more bytes: a cut there is a fault of the tuple.
            var inner = new Cursor(payload, ref _elements);
            var content = inner.Read(depth);
            if (content is ListValue list && inner.IsAtEnd)
                return new TupleValue(list.Items);
            return Fail(inner.Fault is ValueFault.None or ValueFault.Truncated ? ValueFault.BadTuple : inner.Fault);
        }

        // Each element takes at least a byte, so a count above the bytes that are left is a lie, and nothing is made for it.
        private bool TryCount(ulong count, ulong bytesEach)
        {
            if (count * bytesEach > (ulong)(_bytes.Length - _position))
                Fault = ValueFault.Truncated;
            else if (count > ValueLimits.MaxElements)
                Fault = ValueFault.TooManyElements;
            else
                return true;
            return false;
        }

        private bool TryNumber(int bytes, out ulong number)
        {
            number = 0;
            if (!TryTake((ulong)bytes, out var taken))
                return false;
            foreach (var b in taken)
                number = (number << 8) | b;
            return true;
        }

        private bool TryTake(ulong length, out ReadOnlySpan<byte> taken)
        {
            if (length > (ulong)(_bytes.Length - _position))
            {
                taken = default;
                Fault = ValueFault.Truncated;
                return false;
            }

            taken = _bytes.Slice(_position, (int)length);
            _position += (int)length;
            return true;
        }

        private HivemindValue? Fail(ValueFault fault)
        {
            Fault = fault;
            return null;
        }
    }
}
