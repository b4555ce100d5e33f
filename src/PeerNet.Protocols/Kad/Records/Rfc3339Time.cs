using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>A time as RFC 3339 writes it, to the nanosecond: go writes nine digits, and a <see cref="DateTimeOffset"/> holds seven.</summary>
/// <param name="Time">The time, cut to 100 ns.</param>
/// <param name="Nanoseconds">What was cut: 0 to 99.</param>
internal readonly record struct Rfc3339Time(DateTimeOffset Time, int Nanoseconds) : IComparable<Rfc3339Time>
{
    // yyyy-MM-ddTHH:mm:ss
    private const int SecondsLength = 19;
    private const int MaxFractionDigits = 9;
    private const int MaxLength = 64;

    public int CompareTo(Rfc3339Time other)
    {
        var byTime = Time.UtcTicks.CompareTo(other.Time.UtcTicks);
        return byTime != 0 ? byTime : Nanoseconds.CompareTo(other.Nanoseconds);
    }

    /// <summary>Reads a time with <c>Z</c> or an offset. Never throws.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Rfc3339Time time)
    {
        time = default;
        if (text.Length is <= SecondsLength or > MaxLength || text[10] != 'T')
            return false;
        var zone = text[SecondsLength..];
        var fraction = 0L;
        if (zone[0] == '.')
        {
            var digits = zone[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits <= 0)
                return false;
            for (var i = 1; i <= MaxFractionDigits; i++)
                fraction = (fraction * 10) + (i <= digits ? zone[i] - '0' : 0);
            zone = zone[(digits + 1)..];
        }

        if (!TryReadOffset(zone, out var offset)
            || !DateTime.TryParseExact(Encoding.ASCII.GetString(text[..SecondsLength]), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var seconds))
        {
            return false;
        }

        var ticks = seconds.Ticks - offset.Ticks + (fraction / TimeSpan.NanosecondsPerTick);
        if (ticks < DateTimeOffset.MinValue.Ticks || ticks > DateTimeOffset.MaxValue.Ticks)
            return false;
        time = new Rfc3339Time(new DateTimeOffset(ticks, TimeSpan.Zero), (int)(fraction % TimeSpan.NanosecondsPerTick));
        return true;
    }

    /// <summary>The time in UTC with as many digits as it needs, as go writes records.</summary>
    public static string Format(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        var seconds = utc.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        var fraction = utc.Ticks % TimeSpan.TicksPerSecond;
        return fraction == 0 ? seconds + "Z" : string.Create(CultureInfo.InvariantCulture, $"{seconds}.{fraction:0000000}").TrimEnd('0') + "Z";
    }

    private static bool TryReadOffset(ReadOnlySpan<byte> zone, out TimeSpan offset)
    {
        offset = default;
        if (zone is [(byte)'Z'])
            return true;
        if (zone.Length != 6 || zone[0] is not ((byte)'+' or (byte)'-') || zone[3] != ':'
            || !Utf8Parser.TryParse(zone.Slice(1, 2), out byte hours, out var hourDigits) || hourDigits != 2 || hours > 23
            || !Utf8Parser.TryParse(zone.Slice(4, 2), out byte minutes, out var minuteDigits) || minuteDigits != 2 || minutes > 59)
        {
            return false;
        }

        offset = new TimeSpan(hours, minutes, 0);
        if (zone[0] == '-')
            offset = -offset;
        return true;
    }
}
