using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// Dictionary records:
/// <code>
/// ext 0x50 ( [ maxsize (+inf: no limit), latest expiration, [ [subkey, value bytes, expiration], ... ] ] )
/// </code>
/// </summary>
internal static class DictionaryCodec
{
    /// <summary>Writes a dictionary without a limit of its own, as every node stores them. Entries that have ended are left out.</summary>
    public static byte[] Encode(DictionaryEntry dictionary, DhtExpiration now)
    {
        var items = dictionary.Items.Where(item => item.Expiration >= now).ToArray();
        var payload = new ArrayBufferWriter<byte>();
        ValueWriter.WriteListHeader(payload, 3);
        ValueWriter.WriteFloat(payload, double.PositiveInfinity);
        ValueWriter.WriteFloat(payload, dictionary.Expiration.Seconds);
        ValueWriter.WriteListHeader(payload, items.Length);
        foreach (var item in items)
        {
            ValueWriter.WriteListHeader(payload, 3);
            payload.Write(item.Subkey.Bytes.Span);
            ValueWriter.WriteBytes(payload, item.Value.Span);
            ValueWriter.WriteFloat(payload, item.Expiration.Seconds);
        }

        var output = new ArrayBufferWriter<byte>();
        ValueWriter.WriteExtension(output, ValueLimits.DictionaryExtension, payload.WrittenSpan);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a dictionary. Entries that have ended are kept; of a subkey that occurs twice, the later one.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DictionaryEntry? dictionary)
    {
        dictionary = null;
        if (!ValueReader.TryRead(bytes, out var value)
            || value is not ExtensionValue { Code: ValueLimits.DictionaryExtension } extension
            || !ValueReader.TryRead(extension.Payload.Span, out var content)
            || content is not ListValue { Items: [NilValue or FloatValue or IntegerValue, var latest, ListValue list] }
            || !TryReadTime(latest, out var expiration))
        {
            return false;
        }

        var items = new Dictionary<Subkey, DictionaryItem>();
        foreach (var entry in list.Items)
        {
            if (entry is not ListValue { Items: [var key, BytesValue item, var time] } || Subkey.TryFrom(key) is not { } subkey || !TryReadTime(time, out var end))
                return false;
            if (!items.TryGetValue(subkey, out var other) || other.Expiration < end)
                items[subkey] = new DictionaryItem(subkey, item.Value, end);
            expiration = DhtExpiration.Max(expiration, end);
        }

        dictionary = new DictionaryEntry([.. items.Values], expiration);
        return true;
    }

    private static bool TryReadTime(HivemindValue value, out DhtExpiration expiration)
    {
        expiration = value switch
        {
            FloatValue number => new DhtExpiration(number.Value),
            IntegerValue number => new DhtExpiration((double)number.Value),
            _ => new DhtExpiration(double.NaN),
        };
        return expiration.IsTime;
    }
}
