using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>
/// PeerNet beside go-libp2p and rust-libp2p: the same commands, over loopback with tcp, noise and yamux, between every two of them. All peers
/// run from beginning to end, and each round goes through all pairs, so that a machine that changes its mind changes it for all.
/// </summary>
internal static class PeerBenchmarks
{
    private const int DefaultRounds = 5;
    private const int WarmUpScale = 10;

    private static readonly PeerKind[] Kinds = [PeerKind.Go, PeerKind.Rust, PeerKind.PeerNet];

    /// <summary>Arguments: the number of rounds, and a file for the report.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        var rounds = arguments.Length > 0 ? int.Parse(arguments[0], System.Globalization.CultureInfo.InvariantCulture) : DefaultRounds;
        var folder = Directory.CreateTempSubdirectory("peernet-figures-").FullName;
        var peers = new Dictionary<(PeerKind, int), PeerProcess>();
        try
        {
            foreach (var kind in Kinds)
            {
                var program = await PeerKinds.FindAsync(kind).ConfigureAwait(false);
                for (var i = 0; i < 2; i++)
                {
                    var name = $"{kind}{i}".ToLowerInvariant();
                    var options = PeerOptions.For(ProtocolStack.TcpNoise).With(kind == PeerKind.Rust ? [] : ["--no-limits"]);
                    peers[(kind, i)] = await PeerProcess.StartAsync(program, options, name, Path.Combine(folder, name)).ConfigureAwait(false);
                }
            }

            var report = new PeerReport(Kinds, rounds, peers);
            foreach (var pair in report.Pairs)
                await MeasureAsync(pair, WarmUpScale, (_, _) => { }).ConfigureAwait(false);
            for (var round = 0; round < rounds; round++)
            {
                foreach (var pair in report.Pairs)
                    await MeasureAsync(pair, 1, (figure, sample) => report.Add(pair, figure, sample)).ConfigureAwait(false);
                Console.Error.WriteLine($"round {round + 1} of {rounds}");
            }

            var text = report.ToString();
            Console.WriteLine(text);
            if (arguments.Length > 1)
                await File.WriteAllTextAsync(arguments[1], text).ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll(peers.Values.Select(peer => peer.DisposeAsync().AsTask())).ConfigureAwait(false);
            Directory.Delete(folder, recursive: true);
        }

        async Task MeasureAsync((PeerKind From, PeerKind To) pair, int scale, Action<PeerFigure, PeerSample> take)
        {
            var (from, to) = (peers[(pair.From, 0)], peers[(pair.To, 1)]);
            await from.CallAsync("dial", new { addr = to.AddressFor(ProtocolStack.TcpNoise) }).ConfigureAwait(false);
            foreach (var figure in PeerFigure.All)
                take(figure, await PeerSample.TakeAsync(figure, from, to, scale).ConfigureAwait(false));
            await from.CallAsync("disconnect", new { peer = to.PeerId }).ConfigureAwait(false);
            await to.CallAsync("waitDisconnected", new { peer = from.PeerId }).ConfigureAwait(false);
        }
    }
}
