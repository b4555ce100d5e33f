namespace PeerNet.Protocols.Perf;

/// <summary>What one measurement showed.</summary>
/// <param name="UploadBytes">Bytes sent.</param>
/// <param name="UploadTime">From the header to the first sign that the peer has all of it: the first byte back, or the end when nothing was asked back.</param>
/// <param name="DownloadBytes">Bytes received.</param>
/// <param name="DownloadTime">From the first byte back to the end; zero when nothing was asked back.</param>
public sealed record PerfResult(ulong UploadBytes, TimeSpan UploadTime, ulong DownloadBytes, TimeSpan DownloadTime)
{
    /// <summary>The whole measurement, the stream's opening not counted.</summary>
    public TimeSpan TotalTime => UploadTime + DownloadTime;

    /// <summary>Bits a second while uploading; zero when nothing was sent.</summary>
    public double UploadBitsPerSecond => Rate(UploadBytes, UploadTime);

    /// <summary>Bits a second while downloading; zero when nothing was received.</summary>
    public double DownloadBitsPerSecond => Rate(DownloadBytes, DownloadTime);

    private static double Rate(ulong bytes, TimeSpan time) => bytes == 0 || time <= TimeSpan.Zero ? 0 : bytes * 8.0 / time.TotalSeconds;
}
