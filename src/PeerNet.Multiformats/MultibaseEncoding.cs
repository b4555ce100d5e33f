namespace PeerNet.Multiformats;

/// <summary>The bases of multibase; each value is the code point of the prefix character.</summary>
public enum MultibaseEncoding
{
    /// <summary>Raw bytes, one character U+0000 to U+00FF per byte.</summary>
    Identity = 0,

    /// <summary>Binary digits.</summary>
    Base2 = '0',

    /// <summary>Hexadecimal, lower case.</summary>
    Base16 = 'f',

    /// <summary>Hexadecimal, upper case.</summary>
    Base16Upper = 'F',

    /// <summary>RFC 4648 base 32, lower case, no padding: the usual form of a CID.</summary>
    Base32 = 'b',

    /// <summary>RFC 4648 base 32, upper case, no padding.</summary>
    Base32Upper = 'B',

    /// <summary>RFC 4648 base 32, lower case, padded.</summary>
    Base32Pad = 'c',

    /// <summary>RFC 4648 base 32, upper case, padded.</summary>
    Base32PadUpper = 'C',

    /// <summary>RFC 4648 base 32 with the extended hex alphabet, lower case, no padding.</summary>
    Base32Hex = 'v',

    /// <summary>RFC 4648 base 32 with the extended hex alphabet, upper case, no padding.</summary>
    Base32HexUpper = 'V',

    /// <summary>RFC 4648 base 32 with the extended hex alphabet, lower case, padded.</summary>
    Base32HexPad = 't',

    /// <summary>RFC 4648 base 32 with the extended hex alphabet, upper case, padded.</summary>
    Base32HexPadUpper = 'T',

    /// <summary>Base 36, lower case: the usual form of an IPNS name.</summary>
    Base36 = 'k',

    /// <summary>Base 36, upper case.</summary>
    Base36Upper = 'K',

    /// <summary>Base 58 with the Bitcoin alphabet.</summary>
    Base58Btc = 'z',

    /// <summary>Base 58 with the Flickr alphabet.</summary>
    Base58Flickr = 'Z',

    /// <summary>RFC 4648 base 64, no padding.</summary>
    Base64 = 'm',

    /// <summary>RFC 4648 base 64, padded.</summary>
    Base64Pad = 'M',

    /// <summary>RFC 4648 base 64 with the URL alphabet, no padding: the usual form of a certhash.</summary>
    Base64Url = 'u',

    /// <summary>RFC 4648 base 64 with the URL alphabet, padded.</summary>
    Base64UrlPad = 'U',

    /// <summary>One emoji per byte.</summary>
    Base256Emoji = 0x1F680,
}
