using System.Text;

namespace PeerNet.Multiformats;

/// <summary>Multibase identity: one character per byte, U+0000 to U+00FF.</summary>
internal sealed class IdentityCodec : BaseCodec
{
    public static readonly IdentityCodec Instance = new();

    public override int MaxChars(int byteCount) => byteCount;

    public override int Encode(ReadOnlySpan<byte> bytes, Span<char> text) => Encoding.Latin1.GetChars(bytes, text);

    public override bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        foreach (var c in text)
        {
            if (c > byte.MaxValue)
                return false;
        }

        bytes = new byte[text.Length];
        Encoding.Latin1.GetBytes(text, bytes);
        return true;
    }
}

/// <summary>Binary digits. A text that is no multiple of eight digits is filled up with zeros in front, as go reads it.</summary>
internal sealed class Base2Codec : BaseCodec
{
    public static readonly Base2Codec Instance = new();

    public override int MaxChars(int byteCount) => byteCount * 8;

    public override int Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        var written = 0;
        foreach (var b in bytes)
        {
            for (var bit = 7; bit >= 0; bit--)
                text[written++] = (char)('0' + ((b >> bit) & 1));
        }

        return written;
    }

    public override bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        var result = new byte[(text.Length + 7) / 8];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('0' or '1'))
                return false;
            var significance = text.Length - 1 - i;
            result[^((significance / 8) + 1)] |= (byte)((text[i] - '0') << (significance % 8));
        }

        bytes = result;
        return true;
    }
}

/// <summary>One emoji per byte, the table of multibase's Base256Emoji document.</summary>
internal sealed class EmojiCodec : BaseCodec
{
    public static readonly EmojiCodec Instance = new();

    private const string Table =
        "🚀🪐☄🛰🌌🌑🌒🌓🌔🌕🌖🌗🌘🌍🌏🌎🐉☀💻🖥💾💿😂❤😍🤣😊🙏💕😭😘👍"
        + "😅👏😁🔥🥰💔💖💙😢🤔😆🙄💪😉☺👌🤗💜😔😎😇🌹🤦🎉💞✌✨🤷😱😌🌸🙌"
        + "😋💗💚😏💛🙂💓🤩😄😀🖤😃💯🙈👇🎶😒🤭❣😜💋👀😪😑💥🙋😞😩😡🤪👊🥳"
        + "😥🤤👉💃😳✋😚😝😴🌟😬🙃🍀🌷😻😓⭐✅🥺🌈😈🤘💦✔😣🏃💐☹🎊💘😠☝"
        + "😕🌺🎂🌻😐🖕💝🙊😹🗣💫💀👑🎵🤞😛🔴😤🌼😫⚽🤙☕🏆🤫👈😮🙆🍻🍃🐶💁"
        + "😲🌿🧡🎁⚡🌞🎈❌✊👋😰🤨😶🤝🚶💰🍓💢🤟🙁🚨💨🤬✈🎀🍺🤓😙💟🌱😖👶"
        + "🥴▶➡❓💎💸⬇😨🌚🦋😷🕺⚠🙅😟😵👎🤲🤠🤧📌🔵💅🧐🐾🍒😗🤑🌊🤯🐷☎"
        + "💧😯💆👆🎤🙇🍑❄🌴💣🐸💌📍🥀🤢👅💡💩👐📸👻🤐🤮🎼🥵🚩🍎🍊👼💍📣🥂";

    private readonly Rune[] _symbols = [.. Table.EnumerateRunes()];
    private readonly Dictionary<Rune, byte> _values = [];

    private EmojiCodec()
    {
        for (var i = 0; i < _symbols.Length; i++)
            _values.Add(_symbols[i], (byte)i);
    }

    public override int MaxChars(int byteCount) => byteCount * 2;

    public override int Encode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        var written = 0;
        foreach (var b in bytes)
            written += _symbols[b].EncodeToUtf16(text[written..]);
        return written;
    }

    public override bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        var result = new List<byte>(text.Length);
        foreach (var symbol in text.EnumerateRunes())
        {
            if (!_values.TryGetValue(symbol, out var value))
                return false;
            result.Add(value);
        }

        bytes = [.. result];
        return true;
    }
}
