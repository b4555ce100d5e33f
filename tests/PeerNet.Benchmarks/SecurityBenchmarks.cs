using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Security.Tls;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Benchmarks;

/// <summary>
/// What security costs, both ends in one process: handshakes without and with TCP, frames over TCP. Rows are named <c>noise-handshake</c>,
/// <c>tls-handshake</c>, <c>noise-transport</c> and <c>tls-transport</c>.
/// </summary>
internal static class SecurityBenchmarks
{
    private const int Rounds = 5;

    private static readonly PrivateKey Dialer = PrivateKey.Generate();
    private static readonly PrivateKey Listener = PrivateKey.Generate();

    private static readonly Dictionary<string, Func<PrivateKey, ISecurityProtocol>> Protocols = new(StringComparer.Ordinal)
    {
        ["noise"] = key => new NoiseProtocol(key),
        ["tls"] = key => new TlsProtocol(key),
    };

    /// <summary>Arguments: rows to run; all by default.</summary>
    public static async Task RunAsync(string[] args)
    {
        bool Wanted(string row) => args.Length == 0 || args.Contains(row);
        if (Wanted("noise-machine"))
            await RepeatAsync("noise-machine", MachineAsync).ConfigureAwait(false);
        if (Wanted("ciphers"))
            Ciphers();
        foreach (var (name, create) in Protocols)
        {
            foreach (var parallel in (int[])[1, 8])
            {
                if (Wanted(name + "-handshake"))
                    await RepeatAsync($"{name}-handshake x{parallel}", () => HandshakesAsync(create, parallel, name == "tls" ? 1000 : 3000)).ConfigureAwait(false);
            }

            foreach (var (frame, perSend) in ((int, int)[])[(65_519, 1), (65_519, 2), (32_768, 2), (16_384, 4), (4_096, 1)])
            {
                if (Wanted(name + "-transport"))
                    await RepeatAsync($"{name}-transport {frame} x{perSend}", () => TransportAsync(create, frame, perSend)).ConfigureAwait(false);
            }
        }
    }

    private static async Task RepeatAsync(string name, Func<Task<string>> measure)
    {
        for (var round = 0; round < Rounds; round++)
            Console.WriteLine($"{name,-26} {await measure().ConfigureAwait(false)}");
    }

    /// <summary>Both machines of a handshake, without I/O: what cryptography alone costs.</summary>
    private static async Task<string> MachineAsync()
    {
        const int count = 3000;
        var pool = new BufferPool();
        var first = new NoiseStaticKey(Dialer);
        var second = new NoiseStaticKey(Listener);
        var sample = await Sample.OfAsync(() =>
        {
            var message = new byte[512];
            var payload = new byte[104];
            Span<byte> keys = stackalloc byte[64];
            for (var i = 0; i < count; i++)
            {
                using var initiator = new NoiseHandshake(isInitiator: true, first, pool);
                using var responder = new NoiseHandshake(isInitiator: false, second, pool);
                var length = initiator.CreateMessage1(message);
                responder.TryConsumeMessage1(message.AsSpan(0, length));
                responder.TryCreateMessage2(payload, message, out length);
                initiator.TryConsumeMessage2(message.AsSpan(0, length), out _);
                NoiseStaticKey.Verify(Listener.PublicKey, initiator.RemoteStatic, second.Signature);
                initiator.TryCreateMessage3(payload, message, out length);
                responder.TryConsumeMessage3(message.AsSpan(0, length), out _);
                NoiseStaticKey.Verify(Dialer.PublicKey, responder.RemoteStatic, first.Signature);
                initiator.Split(keys[..32], keys[32..]);
                responder.Split(keys[32..], keys[..32]);
            }

            return Task.CompletedTask;
        }).ConfigureAwait(false);
        return Handshakes(sample, count);
    }

    private static async Task<string> HandshakesAsync(Func<PrivateKey, ISecurityProtocol> create, int parallel, int count)
    {
        var dialing = create(Dialer);
        var listening = create(Listener);
        var transport = new TcpTransport();
        await using var listener = await transport.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")).ConfigureAwait(false);
        var left = count;
        var accepting = Task.Run(async () =>
        {
            var running = new List<Task>();
            for (var i = 0; i < count; i++)
                running.Add(AcceptAsync(listening, (await listener.AcceptAsync().ConfigureAwait(false))!));
            await Task.WhenAll(running).ConfigureAwait(false);
        });
        var sample = await Sample.OfAsync(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    var raw = await transport.DialAsync(listener.Address, reusePort: false).ConfigureAwait(false);
                    await using var secure = await dialing.SecureAsync(raw, new SecurityContext { IsInitiator = true, Muxers = ["/yamux/1.0.0"] }, default).ConfigureAwait(false);
                    (await secure.ReceiveAsync().ConfigureAwait(false)).Release();

                    // Both ends close in good order: a reset would cost exceptions, which are not what is measured.
                    await secure.ShutdownAsync().ConfigureAwait(false);
                    (await secure.ReceiveAsync().ConfigureAwait(false)).Release();
                }
            }))).ConfigureAwait(false);
            await accepting.ConfigureAwait(false);
        }).ConfigureAwait(false);
        return Handshakes(sample, count);
    }

    private static async Task AcceptAsync(ISecurityProtocol protocol, IRawInbound inbound)
    {
        var raw = await inbound.OpenAsync().ConfigureAwait(false);
        await using var secure = await protocol.SecureAsync(raw, new SecurityContext { IsInitiator = false, Muxers = ["/yamux/1.0.0"] }, default).ConfigureAwait(false);
        var frame = new byte[secure.FramePrefixBytes + 1 + secure.FrameSuffixBytes];
        await secure.SendAsync(frame.AsMemory(0, secure.Seal(frame, 1))).ConfigureAwait(false);
        (await secure.ReceiveAsync().ConfigureAwait(false)).Release();
        await secure.ShutdownAsync().ConfigureAwait(false);
    }

    private static async Task<string> TransportAsync(Func<PrivateKey, ISecurityProtocol> create, int plaintext, int framesPerSend)
    {
        var (dialer, listener) = await ConnectAsync(create).ConfigureAwait(false);
        var total = plaintext >= 16_384 ? 1_000_000_000L : 200_000_000L;
        var sample = await Sample.OfAsync(() => Task.WhenAll(
            Task.Run(() => SendAsync(dialer, plaintext, framesPerSend, total)),
            Task.Run(() => DrainAsync(listener)))).ConfigureAwait(false);
        await dialer.DisposeAsync().ConfigureAwait(false);
        await listener.DisposeAsync().ConfigureAwait(false);
        return $"{total / sample.Elapsed.TotalSeconds / 1e6,7:F0} MB/s  {sample.Cpu.TotalSeconds / (total / 1e9),5:F2} s/GB  {sample.AllocatedBytes / (total / 1e6),7:F0} B/MB";
    }

    private static async Task SendAsync(SecureConnection connection, int plaintext, int framesPerSend, long total)
    {
        var slot = connection.FramePrefixBytes + plaintext + connection.FrameSuffixBytes;
        var block = GC.AllocateArray<byte>(framesPerSend * slot, pinned: true);
        for (var sent = 0L; sent < total; sent += framesPerSend * plaintext)
        {
            for (var i = 0; i < framesPerSend; i++)
                connection.Seal(block.AsSpan(i * slot, slot), plaintext);
            await connection.SendAsync(block).ConfigureAwait(false);
        }

        await connection.ShutdownAsync().ConfigureAwait(false);
    }

    private static async Task DrainAsync(SecureConnection connection)
    {
        while (true)
        {
            var slice = await connection.ReceiveAsync().ConfigureAwait(false);
            if (slice.IsEmpty)
                return;
            slice.Release();
        }
    }

    private static async Task<(SecureConnection Dialer, SecureConnection Listener)> ConnectAsync(Func<PrivateKey, ISecurityProtocol> create)
    {
        var transport = new TcpTransport();
        await using var listener = await transport.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")).ConfigureAwait(false);
        var dial = transport.DialAsync(listener.Address, reusePort: false).AsTask();
        var inbound = (await listener.AcceptAsync().ConfigureAwait(false))!;
        var listening = create(Listener).SecureAsync(await inbound.OpenAsync().ConfigureAwait(false), new SecurityContext { IsInitiator = false }, default).AsTask();
        var dialing = await create(Dialer).SecureAsync(await dial.ConfigureAwait(false), new SecurityContext { IsInitiator = true }, default).ConfigureAwait(false);
        return (dialing, await listening.ConfigureAwait(false));
    }

    /// <summary>
    /// Sealing a frame, by each cipher and size: where the platform's begins to pay. Up to <see cref="PlatformNoiseCipher.MaxShortBytes"/>
    /// both columns are libsodium's, unless that is set to zero.
    /// </summary>
    private static void Ciphers()
    {
        foreach (var size in (int[])[16, 64, 128, 256, 512, 768, 1024, 1536, 2048, 4096, 16_384, 65_519])
        {
            var count = Math.Max(2000, 100_000_000 / (size + 2000));
            Console.WriteLine($"cipher {size,6} B: platform {Nanoseconds(new PlatformNoiseCipher(new byte[32]), size, count),6:F0} ns, libsodium {Nanoseconds(new SodiumNoiseCipher(new byte[32]), size, count),6:F0} ns");
        }
    }

    private static double Nanoseconds(NoiseCipher cipher, int size, int count)
    {
        var frame = GC.AllocateArray<byte>(size + NoiseCipher.TagBytes, pinned: true);
        var best = double.MaxValue;
        using (cipher)
        {
            for (var round = 0; round < Rounds; round++)
            {
                var clock = System.Diagnostics.Stopwatch.StartNew();
                for (var i = 0; i < count; i++)
                    cipher.Seal(frame.AsSpan(0, size), frame.AsSpan(size));
                best = Math.Min(best, clock.Elapsed.TotalNanoseconds / count);
            }
        }

        return best;
    }

    private static string Handshakes(Sample sample, int count)
        => $"{count / sample.Elapsed.TotalSeconds,6:F0} /s  {sample.Cpu.TotalMicroseconds / count,6:F0} CPU us, both ends  {sample.AllocatedBytes / count,6} B";
}
