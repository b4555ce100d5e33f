using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace PeerNet.Hivemind.MessagePack;

/// <summary>
/// Writes values with the very bytes of Python's packer: the shortest form of whole numbers and lengths, doubles for all floats, byte
/// strings apart from text, extensions in their shortest form.
/// </summary>
internal static class ValueWriter
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static byte[] Write(HivemindValue value)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, value, 0);
        return output.WrittenSpan.ToArray();
    }

    public static void Write(ArrayBufferWriter<byte> output, HivemindValue value) => Write(output, value, 0);

    public static void WriteBytes(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        WriteLength(output, bytes.Length, 0xC4, 0xC5, 0xC6);
        output.Write(bytes);
    }

    public static void WriteFloat(ArrayBufferWriter<byte> output, double number)
    {
        Put(output, 0xCB);
        BinaryPrimitives.WriteDoubleBigEndian(output.GetSpan(8), number);
        output.Advance(8);
    }

    public static void WriteListHeader(ArrayBufferWriter<byte> output, int count) => WriteCount(output, count, 0x90, 0xDC);

    /// <summary>Writes an extension: fixed forms for 1, 2, 4, 8 and 16 bytes, otherwise the shortest length.</summary>
    public static void WriteExtension(ArrayBufferWriter<byte> output, sbyte code, ReadOnlySpan<byte> payload)
    {
        switch (payload.Length)
        {
            case 1:
                Put(output, 0xD4);
                break;
            case 2:
                Put(output, 0xD5);
                break;
            case 4:
                Put(output, 0xD6);
                break;
            case 8:
                Put(output, 0xD7);
                break;
            case 16:
                Put(output, 0xD8);
                break;
            default:
                WriteLength(output, payload.Length, 0xC7, 0xC8, 0xC9);
                break;
        }

        Put(output, (byte)code);
        output.Write(payload);
    }

    private static void Write(ArrayBufferWriter<byte> output, HivemindValue value, int depth)
    {
        if (depth > ValueLimits.MaxDepth)
            throw new ArgumentException($"The value nests deeper than {ValueLimits.MaxDepth}.", nameof(value));
        switch (value)
        {
            case NilValue:
                Put(output, 0xC0);
                break;
            case BooleanValue boolean:
                Put(output, boolean.Value ? (byte)0xC3 : (byte)0xC2);
                break;
            case IntegerValue integer:
                WriteInteger(output, integer.Value);
                break;
            case FloatValue number:
                WriteFloat(output, number.Value);
                break;
            case TextValue text:
                WriteText(output, text.Value);
                break;
            case BytesValue bytes:
                WriteBytes(output, bytes.Value.Span);
                break;
            case ListValue list:
                WriteItems(output, list.Items, depth);
                break;
            case TupleValue tuple:
                var inner = new ArrayBufferWriter<byte>();
                WriteItems(inner, tuple.Items, depth);
                WriteExtension(output, ValueLimits.TupleExtension, inner.WrittenSpan);
                break;
            case MapValue map:
                WriteCount(output, map.Entries.Count, 0x80, 0xDE);
                foreach (var (key, entry) in map.Entries)
                {
                    Write(output, key, depth + 1);
                    Write(output, entry, depth + 1);
                }

                break;
            case ExtensionValue extension:
                WriteExtension(output, extension.Code, extension.Payload.Span);
                break;
        }
    }

    private static void WriteItems(ArrayBufferWriter<byte> output, IReadOnlyList<HivemindValue> items, int depth)
    {
        WriteListHeader(output, items.Count);
        foreach (var item in items)
            Write(output, item, depth + 1);
    }

    private static void WriteInteger(ArrayBufferWriter<byte> output, Int128 number)
    {
        if (number >= 0)
        {
            var positive = (ulong)number;
            if (positive <= 0x7F)
                Put(output, (byte)positive);
            else if (positive <= byte.MaxValue)
                WriteBigEndian(output, 0xCC, positive, 1);
            else if (positive <= ushort.MaxValue)
                WriteBigEndian(output, 0xCD, positive, 2);
            else if (positive <= uint.MaxValue)
                WriteBigEndian(output, 0xCE, positive, 4);
            else
                WriteBigEndian(output, 0xCF, positive, 8);
            return;
        }

        var negative = (long)number;
        var bits = unchecked((ulong)negative);
        if (negative >= -32)
            Put(output, unchecked((byte)bits));
        else if (negative >= sbyte.MinValue)
            WriteBigEndian(output, 0xD0, bits, 1);
        else if (negative >= short.MinValue)
            WriteBigEndian(output, 0xD1, bits, 2);
        else if (negative >= int.MinValue)
            WriteBigEndian(output, 0xD2, bits, 4);
        else
            WriteBigEndian(output, 0xD3, bits, 8);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        var bytes = StrictUtf8.GetBytes(text);
        if (bytes.Length < 32)
            Put(output, (byte)(0xA0 | bytes.Length));
        else
            WriteLength(output, bytes.Length, 0xD9, 0xDA, 0xDB);
        output.Write(bytes);
    }

    private static void WriteCount(ArrayBufferWriter<byte> output, int count, byte fix, byte medium)
    {
        if (count < 16)
            Put(output, (byte)(fix | count));
        else if (count <= ushort.MaxValue)
            WriteBigEndian(output, medium, (ulong)count, 2);
        else
            WriteBigEndian(output, (byte)(medium + 1), (ulong)count, 4);
    }

    private static void WriteLength(ArrayBufferWriter<byte> output, int length, byte small, byte medium, byte large)
    {
        if (length <= byte.MaxValue)
            WriteBigEndian(output, small, (ulong)length, 1);
        else if (length <= ushort.MaxValue)
            WriteBigEndian(output, medium, (ulong)length, 2);
        else
            WriteBigEndian(output, large, (ulong)length, 4);
    }

    private static void WriteBigEndian(ArrayBufferWriter<byte> output, byte code, ulong number, int bytes)
    {
        Put(output, code);
        var room = output.GetSpan(bytes);
        for (var i = 0; i < bytes; i++)
            room[i] = unchecked((byte)(number >> (8 * (bytes - 1 - i))));
        output.Advance(bytes);
    }

    private static void Put(ArrayBufferWriter<byte> output, byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }
}
