namespace PeerNet.Cli.Views;

/// <summary>Numbers as people read them.</summary>
internal static class Units
{
    private static readonly string[] Names = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Bytes(double bytes)
    {
        var unit = 0;
        while (bytes >= 1024 && unit < Names.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes:0} B" : $"{bytes:0.0} {Names[unit]}";
    }

    public static string Milliseconds(double milliseconds)
        => milliseconds < 1 ? $"{milliseconds * 1000:0} µs" : milliseconds < 1000 ? $"{milliseconds:0.0} ms" : $"{milliseconds / 1000:0.0} s";
}
