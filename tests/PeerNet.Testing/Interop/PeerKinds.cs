using System.Collections.Concurrent;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop.Recipes;

namespace PeerNet.Testing.Interop;

/// <summary>Finds, and where need be installs, each kind of peer; once per test process.</summary>
public static class PeerKinds
{
    /// <summary>The environment variable with the kinds (a comma list) whose absence fails a test.</summary>
    public const string RequiredVariable = "PEERNET_REQUIRED_PEERS";

    private static readonly ConcurrentDictionary<PeerKind, Lazy<Task<PeerProgram>>> Programs = new();

    /// <summary>The program of a kind.</summary>
    /// <exception cref="PeerAbsentException">It cannot be started here.</exception>
    public static Task<PeerProgram> FindAsync(PeerKind kind)
        => Programs.GetOrAdd(kind, static kind => new(() => Task.Run(() => InstallAsync(kind)))).Value;

    /// <summary>Installs what these kinds need before any test's own clock runs. What cannot be had, each test reports.</summary>
    public static async Task PrepareAsync(params IEnumerable<PeerKind> kinds)
    {
        foreach (var kind in kinds)
            await FindAsync(kind).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    /// <summary>The program of a kind; without it the test is inconclusive, or fails where the kind is required.</summary>
    public static async Task<PeerProgram> RequireAsync(PeerKind kind)
    {
        try
        {
            return await FindAsync(kind);
        }
        catch (PeerAbsentException e)
        {
            // tests/summary.sh reads this sentence.
            var message = $"peer {kind.ToString().ToLowerInvariant()} is not available: {e.Message}";
            if (IsRequired(kind))
                Assert.Fail(message);
            throw new AssertInconclusiveException(message);
        }
    }

    /// <summary>Whether the environment says that this kind has to be there.</summary>
    public static bool IsRequired(PeerKind kind) => (Environment.GetEnvironmentVariable(RequiredVariable) ?? "")
        .Split(',', StringSplitOptions.TrimEntries)
        .Contains(kind.ToString(), StringComparer.OrdinalIgnoreCase);

    private static Task<PeerProgram> InstallAsync(PeerKind kind) => kind switch
    {
        PeerKind.Go => Task.FromResult(new PeerProgram(kind, PeersFolder.Program("go-peer"))),
        PeerKind.Rust => Task.FromResult(new PeerProgram(kind, PeersFolder.Program("rust-peer"))),
        PeerKind.Js => JsRecipe.PrepareAsync(),
        PeerKind.Kubo => KuboRecipe.PrepareAsync(),
        PeerKind.Hivemind => HivemindRecipe.PrepareAsync(),
        PeerKind.Python => PythonRecipe.PrepareAsync(),
        PeerKind.PeerNet => Task.FromResult(PeerNetRecipe.Find()),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
