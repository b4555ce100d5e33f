using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PeerNet.Benchmarks.Peers;

/// <summary>What this machine and its runtime can do without any of us: bytes over loopback bare, through TLS, and through the cipher of Noise.</summary>
internal static class CalibrationRows
{
    private const string Section = "calibration, both ends in one process";
    private const int Bytes = 256 << 20;
    private const int Block = 64 * 1024;

    /// <summary>The largest plaintext that fits a Noise frame.</summary>
    private const int NoiseBlock = 65_519;

    private static readonly PeerFigure Speed = new("one stream", "MiB/s");
    private static readonly PeerFigure Processor = new("one stream: processor of both ends", "s/GiB", LessIsBetter: true);

    public static async Task MeasureAsync(BenchArguments wanted, BenchResults results)
    {
        await RunAsync("raw TCP", RawAsync).ConfigureAwait(false);
        await RunAsync("SslStream over TCP", SslAsync).ConfigureAwait(false);
        await RunAsync("ChaCha20-Poly1305, there and back, no network", () => Task.Run(Cipher)).ConfigureAwait(false);

        async Task RunAsync(string name, Func<Task> work)
        {
            var subject = new BenchSubject(name);
            if (!wanted.Wants(Section, subject, ""))
                return;
            var sample = await Sample.OfAsync(work).ConfigureAwait(false);
            results.Add(Section, subject, Speed, (Bytes >> 20) / sample.Elapsed.TotalSeconds);
            results.Add(Section, subject, Processor, sample.Cpu.TotalSeconds * (1L << 30) / Bytes);
        }
    }

    private static async Task RawAsync()
    {
        var (client, server) = await ConnectAsync().ConfigureAwait(false);
        await MoveAsync(client, server).ConfigureAwait(false);
    }

    private static async Task SslAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var (client, server) = await ConnectAsync().ConfigureAwait(false);
        var dialer = new SslStream(client);
        var listener = new SslStream(server);
        await Task.WhenAll(
            dialer.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, _, _, _) => true }),
            listener.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate })).ConfigureAwait(false);
        await MoveAsync(dialer, listener).ConfigureAwait(false);
    }

    private static void Cipher()
    {
        using var cipher = new ChaCha20Poly1305(RandomNumberGenerator.GetBytes(32));
        var (nonce, tag, block) = (new byte[12], new byte[16], new byte[NoiseBlock]);
        for (var moved = 0L; moved < Bytes; moved += NoiseBlock)
        {
            cipher.Encrypt(nonce, block, block, tag);
            cipher.Decrypt(nonce, block, tag, block);
        }
    }

    private static async Task<(Stream Client, Stream Server)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!).ConfigureAwait(false);
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(await listener.AcceptAsync().ConfigureAwait(false), ownsSocket: true));
    }

    private static async Task MoveAsync(Stream from, Stream to)
    {
        await using var _ = from.ConfigureAwait(false);
        await using var __ = to.ConfigureAwait(false);
        var writing = Task.Run(async () =>
        {
            var block = new byte[Block];
            for (var left = Bytes; left > 0; left -= Block)
                await from.WriteAsync(block).ConfigureAwait(false);
            await from.FlushAsync().ConfigureAwait(false);
        });
        var buffer = new byte[Block];
        for (var read = 0; read < Bytes;)
        {
            var count = await to.ReadAsync(buffer).ConfigureAwait(false);
            if (count == 0)
                throw new EndOfStreamException();
            read += count;
        }

        await writing.ConfigureAwait(false);
    }
}
