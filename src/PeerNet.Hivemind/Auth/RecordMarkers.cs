namespace PeerNet.Hivemind.Auth;

/// <summary>
/// Markers inside serialized bytes: <c>[owner:KEY]</c> and <c>[signature:BASE64]</c>. Between the colon and the first bracket that follows
/// there is at least one byte, and none is a line feed.
/// </summary>
internal static class RecordMarkers
{
    public static ReadOnlySpan<byte> OwnerPrefix => "[owner:"u8;

    public static ReadOnlySpan<byte> SignaturePrefix => "[signature:"u8;

    /// <summary>The next marker at or behind a place.</summary>
    /// <param name="bytes">Where to look.</param>
    /// <param name="prefix">What the marker begins with.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="marker">The whole marker.</param>
    /// <param name="content">What is inside it.</param>
    public static bool TryFind(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> prefix, int start, out Range marker, out Range content)
    {
        marker = content = default;
        while (start < bytes.Length)
        {
            var found = bytes[start..].IndexOf(prefix);
            if (found < 0)
                return false;
            var from = start + found + prefix.Length;
            var end = from + 1 >= bytes.Length ? -1 : bytes[(from + 1)..].IndexOf((byte)']');
            if (end < 0)
                return false;
            if (!bytes.Slice(from, end + 1).Contains((byte)'\n'))
            {
                content = from..(from + 1 + end);
                marker = (start + found)..(from + 2 + end);
                return true;
            }

            start += found + 1;
        }

        return false;
    }
}
