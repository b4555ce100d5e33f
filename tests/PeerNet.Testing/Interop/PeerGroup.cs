using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PeerNet.Testing.Interop;

/// <summary>The peers of one test: each in a temporary folder of its own, all stopped and removed together.</summary>
public sealed class PeerGroup : IAsyncDisposable
{
    private const int DescribedEvents = 12;
    private const int DescribedLength = 400;

    private readonly ConcurrentQueue<PeerProcess> _peers = new();
    private int _started;

    /// <summary>An empty group. Tests use <see cref="RunAsync"/>; this is for a group that outlives one test.</summary>
    public PeerGroup() => Folder = Directory.CreateTempSubdirectory("peernet-").FullName;

    /// <summary>The group's temporary folder; the test may keep files of its own there.</summary>
    public string Folder { get; }

    /// <summary>
    /// Runs a test body with a group. When it fails, the message tells what each peer logged last; when a peer
    /// lacks a command, the test is inconclusive: not applicable.
    /// </summary>
    public static async Task RunAsync(Func<PeerGroup, Task> body)
    {
        await using var group = new PeerGroup();
        await group.ExplainAsync(() => body(group));
    }

    /// <summary>Runs a step, as <see cref="RunAsync"/> runs a whole test.</summary>
    public async Task ExplainAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (ControlException e) when (e.Name == ControlErrors.UnsupportedCommand)
        {
            Assert.Inconclusive($"Not applicable: {e.Message}");
        }
        catch (Exception e) when (e is not AssertInconclusiveException)
        {
            throw new AssertFailedException($"{e.Message}\n{DescribePeers()}", e);
        }
    }

    /// <summary>Starts a peer; inconclusive when this machine has none of its kind.</summary>
    public async Task<PeerProcess> StartAsync(PeerKind kind, PeerOptions? options = null, CancellationToken cancellation = default)
    {
        var program = await PeerKinds.RequireAsync(kind);
        var name = Name(Interlocked.Increment(ref _started) - 1);
        var peer = await PeerProcess.StartAsync(program, options ?? new PeerOptions(), name, Path.Combine(Folder, name), cancellation);
        _peers.Enqueue(peer);
        return peer;
    }

    /// <summary>Starts several peers side by side, in the order given.</summary>
    public async Task<PeerProcess[]> StartAllAsync(IEnumerable<(PeerKind Kind, PeerOptions Options)> peers, CancellationToken cancellation = default)
    {
        var wanted = peers.ToList();
        foreach (var kind in wanted.Select(peer => peer.Kind).Distinct())
            await PeerKinds.RequireAsync(kind);
        return await Task.WhenAll(wanted.Select(peer => StartAsync(peer.Kind, peer.Options, cancellation)));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_peers.Select(peer => peer.DisposeAsync().AsTask()));
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // A peer's own helper may still be removing its files: the folder is in the temporary directory.
        }
    }

    private string DescribePeers() => string.Join('\n', _peers.Select(peer =>
        $"--- {peer.Name} reported last:\n{string.Join('\n', peer.Events().TakeLast(DescribedEvents).Select(Shorten))}\n--- and logged last:\n{peer.LogTail}"));

    private static string Shorten(JsonElement message) => message.ToString() is { Length: > DescribedLength } text ? text[..DescribedLength] : message.ToString();

    private static string Name(int index) => index < 26 ? ((char)('a' + index)).ToString() : $"p{index}";
}
