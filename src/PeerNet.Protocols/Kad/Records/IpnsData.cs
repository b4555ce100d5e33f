using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>The signed part of an IPNS record: a map in DAG-CBOR.</summary>
/// <param name="Value">What the name points to, a path as text.</param>
/// <param name="Validity">When it ends, as text.</param>
/// <param name="Sequence">Grows with every change; 0 when absent.</param>
/// <param name="Ttl">How long it may be cached, in nanoseconds; 0 when absent.</param>
internal sealed record IpnsData(byte[] Value, byte[] Validity, ulong Sequence, ulong Ttl)
{
    // Specification: the only type of validity, an end.
    public const ulong EndOfLife = 0;

    // Implementation limit: five are defined.
    private const ulong MaxEntries = 64;

    /// <summary>Reads the map. Keys that are not known are allowed, in any order, but none twice.</summary>
    public static bool TryRead(ReadOnlySpan<byte> cbor, [NotNullWhen(true)] out IpnsData? data, [NotNullWhen(false)] out string? error)
    {
        data = null;
        error = "the data is not strict DAG-CBOR";
        var reader = new DagCborReader(cbor);
        if (!reader.TryReadHead(out var type, out var count) || type != CborType.Map || count > MaxEntries)
            return false;
        var keys = new HashSet<string>();
        byte[]? value = null;
        byte[]? validity = null;
        ulong sequence = 0;
        ulong ttl = 0;
        ulong? validityType = null;
        for (; count > 0; count--)
        {
            if (!reader.TryReadString(CborType.Text, out var key) || !keys.Add(System.Text.Encoding.Latin1.GetString(key)))
                return false;
            var isRead = true;
            if (key.SequenceEqual("Value"u8))
                isRead = TryReadBytes(ref reader, out value);
            else if (key.SequenceEqual("Validity"u8))
                isRead = TryReadBytes(ref reader, out validity);
            else if (key.SequenceEqual("Sequence"u8))
                isRead = reader.TryReadUnsigned(out sequence);
            else if (key.SequenceEqual("TTL"u8))
                isRead = reader.TryReadUnsigned(out ttl);
            else if (!key.SequenceEqual("ValidityType"u8))
                isRead = reader.TrySkip();
            else if (reader.TryReadUnsigned(out var number))
                validityType = number;
            else
                isRead = false;
            if (!isRead)
                return false;
        }

        if (!reader.AtEnd)
            return false;
        if (value is null || validity is null || validityType is null)
            error = "the data lacks Value, Validity or ValidityType";
        else if (validityType != EndOfLife)
            error = $"the type of validity {validityType} is not known";
        else
            data = new IpnsData(value, validity, sequence, ttl);
        if (data is null)
            return false;
        error = null;
        return true;
    }

    /// <summary>Writes the map, its keys in the order of DAG-CBOR: shorter ones first.</summary>
    public byte[] Write()
    {
        var cbor = new List<byte>(64 + Value.Length + Validity.Length) { Head(CborType.Map, 5) };
        WriteText(cbor, "TTL"u8);
        WriteHead(cbor, CborType.Unsigned, Ttl);
        WriteText(cbor, "Value"u8);
        WriteString(cbor, CborType.Bytes, Value);
        WriteText(cbor, "Sequence"u8);
        WriteHead(cbor, CborType.Unsigned, Sequence);
        WriteText(cbor, "Validity"u8);
        WriteString(cbor, CborType.Bytes, Validity);
        WriteText(cbor, "ValidityType"u8);
        WriteHead(cbor, CborType.Unsigned, EndOfLife);
        return [.. cbor];
    }

    private static bool TryReadBytes(ref DagCborReader reader, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        if (!reader.TryReadString(CborType.Bytes, out var bytes))
            return false;
        value = bytes.ToArray();
        return true;
    }

    private static byte Head(CborType type, byte info) => (byte)(((int)type << 5) | info);

    private static void WriteText(List<byte> cbor, ReadOnlySpan<byte> text) => WriteString(cbor, CborType.Text, text);

    private static void WriteString(List<byte> cbor, CborType type, ReadOnlySpan<byte> bytes)
    {
        WriteHead(cbor, type, (ulong)bytes.Length);
        cbor.AddRange(bytes);
    }

    private static void WriteHead(List<byte> cbor, CborType type, ulong argument)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, argument);
        switch (argument)
        {
            case < 24:
                cbor.Add(Head(type, (byte)argument));
                return;
            case <= byte.MaxValue:
                cbor.Add(Head(type, 24));
                cbor.AddRange(bytes[7..]);
                return;
            case <= ushort.MaxValue:
                cbor.Add(Head(type, 25));
                cbor.AddRange(bytes[6..]);
                return;
            case <= uint.MaxValue:
                cbor.Add(Head(type, 26));
                cbor.AddRange(bytes[4..]);
                return;
            default:
                cbor.Add(Head(type, 27));
                cbor.AddRange(bytes);
                return;
        }
    }
}
