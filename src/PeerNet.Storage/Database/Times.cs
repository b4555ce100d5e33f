namespace PeerNet.Storage.Database;

/// <summary>Times as whole milliseconds since 1970, and the two ends of time as the ends of the number.</summary>
internal static class Times
{
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static long Write(DateTimeOffset time) => time == DateTimeOffset.MaxValue ? long.MaxValue : time.ToUnixTimeMilliseconds();

    public static DateTimeOffset Read(long milliseconds)
        => milliseconds >= Latest ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(milliseconds, 0));
}
