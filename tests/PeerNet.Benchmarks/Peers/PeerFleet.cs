using System.Text.Json;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>Running peers, each in a folder of its own, started when they are first asked for.</summary>
internal sealed class PeerFleet : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("peernet-figures-").FullName;
    private readonly Dictionary<(PeerKind, ProtocolStack, bool), PeerProcess> _peers = [];
    private int _started;

    /// <summary>Those of some kinds that this machine has; says which it has not.</summary>
    public static async Task<IReadOnlyList<PeerKind>> PresentAsync(IEnumerable<PeerKind> kinds)
    {
        var present = new List<PeerKind>();
        foreach (var kind in kinds)
        {
            try
            {
                await PeerKinds.FindAsync(kind).ConfigureAwait(false);
                present.Add(kind);
            }
            catch (PeerAbsentException e)
            {
                await Console.Error.WriteLineAsync($"without {BenchSubject.Lower(kind)}: {e.Message}").ConfigureAwait(false);
            }
        }

        return present;
    }

    /// <summary>Two peers for a pair: what dials and what listens are different processes, also of one kind.</summary>
    public async Task<PeerLink> LinkAsync(PeerKind from, PeerKind to, ProtocolStack stack)
        => new(await GetAsync(from, stack, dials: true).ConfigureAwait(false), await GetAsync(to, stack, dials: false).ConfigureAwait(false), stack);

    /// <summary>A peer of its own, which the caller stops.</summary>
    public async Task<PeerProcess> StartAsync(PeerKind kind, ProtocolStack stack)
    {
        var name = $"{BenchSubject.Lower(kind)}{Interlocked.Increment(ref _started)}";
        var options = PeerOptions.For(stack).With(kind is PeerKind.Go or PeerKind.PeerNet ? ["--no-limits"] : []);
        return await PeerProcess.StartAsync(await PeerKinds.FindAsync(kind).ConfigureAwait(false), options, name, Path.Combine(_folder, name)).ConfigureAwait(false);
    }

    /// <summary>What each kind says of its version.</summary>
    public IReadOnlyDictionary<string, string> Versions()
        => _peers.Values.DistinctBy(peer => peer.Kind).ToDictionary(peer => BenchSubject.Lower(peer.Kind), peer => Version(peer.Ready));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_peers.Values.Select(peer => peer.DisposeAsync().AsTask())).ConfigureAwait(false);
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // It is in the temporary directory.
        }
    }

    private async Task<PeerProcess> GetAsync(PeerKind kind, ProtocolStack stack, bool dials)
    {
        if (!_peers.TryGetValue((kind, stack, dials), out var peer))
            _peers[(kind, stack, dials)] = peer = await StartAsync(kind, stack).ConfigureAwait(false);
        return peer;
    }

    private static string Version(JsonElement ready) => ready.Member("versions") is { } versions
        ? string.Join(", ", versions.EnumerateObject().Take(3).Select(version => $"{version.Name} {version.Value}"))
        : ready.Text("rust") ?? ready.Text("version") ?? "";
}
