using System.Buffers.Binary;

namespace PeerNet.Multiformats;

/// <summary>A Tor service: base 32 address, colon, non-zero port.</summary>
internal sealed class OnionFormat : ValueFormat
{
    public static readonly OnionFormat Version2 = new(10);
    public static readonly OnionFormat Version3 = new(35);

    private readonly int _addressBytes;

    private OnionFormat(int addressBytes)
        : base(addressBytes + sizeof(ushort), $"{addressBytes * 8 / 5} base32 characters, a colon and a port from 1 to 65535")
        => _addressBytes = addressBytes;

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = Size;
        var colon = text.IndexOf(':');
        return colon >= 0 && destination.Length >= Size
            && BitCodec.Base32.TryDecode(text[..colon], out var address)
            && address.Length == _addressBytes
            && NumberFormat.Port.TryParse(text[(colon + 1)..], destination[_addressBytes..], out _)
            && address.AsSpan().TryCopyTo(destination)
            && IsValid(destination[..Size]);
    }

    public override bool IsValid(ReadOnlySpan<byte> value)
        => value.Length == Size && BinaryPrimitives.ReadUInt16BigEndian(value[_addressBytes..]) != 0;

    public override string Format(ReadOnlySpan<byte> value)
        => $"{BitCodec.Base32.ToText(value[.._addressBytes])}:{NumberFormat.Port.Format(value[_addressBytes..])}";
}

/// <summary>An I2P destination in one of its two alphabets.</summary>
internal sealed class GarlicFormat : ValueFormat
{
    // Specification: a destination is at least 386 bytes; a hash is 32, an encrypted lease set 35 or more.
    private const int MinDestinationBytes = 386;
    private const int HashBytes = 32;
    private const int MinLeaseSetBytes = 35;

    public static readonly GarlicFormat Base64 = new(BitCodec.Garlic64, "an I2P destination in base64");
    public static readonly GarlicFormat Base32 = new(BitCodec.Base32, "an I2P hash or lease set in base32");

    private readonly BitCodec _codec;

    private GarlicFormat(BitCodec codec, string expected)
        : base(Variable, expected)
        => _codec = codec;

    public override bool TryParse(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        return _codec.TryDecode(text, out var bytes) && IsValid(bytes) && TryCopy(bytes, destination, out written);
    }

    public override bool IsValid(ReadOnlySpan<byte> value) => ReferenceEquals(_codec, BitCodec.Garlic64)
        ? value.Length >= MinDestinationBytes
        : value.Length is HashBytes or >= MinLeaseSetBytes;

    public override string Format(ReadOnlySpan<byte> value) => _codec.ToText(value);
}
