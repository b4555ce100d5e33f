using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using PeerNet.Storage;
using PeerNet.Swarm.Peers;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Storage;

/// <summary>A process that writes is killed at any moment: the file opens clean, and nothing that was said to be written is missing.</summary>
[TestClass]
public sealed class KillTests
{
    private const int BatchSize = 20;
    private const int MaxBatches = 8;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "peernet-tests", Guid.NewGuid().ToString("n"));
    private readonly Random _random = new(1);

    public required TestContext TestContext { get; init; }

    private string Database => Path.Combine(_folder, "peernet.db");

    [TestInitialize]
    public void Make() => Directory.CreateDirectory(_folder);

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public async Task A_writer_that_is_killed_leaves_whole_batches() => await KillAsync(5);

    [TestMethod]
    [TestCategory("LongRunning")]
    public async Task A_writer_that_is_killed_sixty_times_leaves_whole_batches() => await KillAsync(60);

    private async Task KillAsync(int times)
    {
        var (onDisk, inFlight) = (0, 0);
        for (var run = 0; run < times; run++)
        {
            var told = await WriteAndKillAsync(onDisk);
            var found = Check();
            Assert.IsGreaterThanOrEqualTo(told, found, $"Run {run}: {told} rows were said to be on disk.");
            Assert.IsLessThanOrEqualTo(told + BatchSize, found, $"Run {run}: more than one batch was written and not told.");
            if (found > told)
                inFlight++;
            onDisk = found;
        }

        await using var storage = NodeStorage.Open(Database);
        var peers = new PeerStore();
        storage.Attach(peers);
        await storage.Loaded;
        Assert.AreEqual(Math.Min(onDisk, new PeerStoreOptions().MaxPeers), peers.Count);
        TestContext.WriteLine($"{times} kills, {onDisk} rows in each table, {inFlight} kills between a commit and its message");
    }

    /// <summary>Kills the writer after some batches, at a moment that chance decides.</summary>
    /// <returns>The rows that it said are on disk.</returns>
    private async Task<int> WriteAndKillAsync(int first)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "PeerNet.StoreChild.dll"), Database, $"{first}"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        try
        {
            var told = first;
            Assert.AreEqual("loaded", await process.StandardOutput.ReadLineAsync(TestContext.CancellationToken));
            var batches = _random.Next(MaxBatches);
            for (var i = 0; i < batches; i++)
                told = Parse(await process.StandardOutput.ReadLineAsync(TestContext.CancellationToken));

            // Anywhere within the next batch: by work done, not by the clock, which differs from machine to machine.
            Thread.SpinWait(_random.Next(2_000_000));
            process.Kill();
            await process.WaitForExitAsync(TestContext.CancellationToken);
            while (await process.StandardOutput.ReadLineAsync(TestContext.CancellationToken) is { Length: > 0 } line)
                told = Math.Max(told, Parse(line));
            return told;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static int Parse(string? line) => int.Parse(line ?? "", CultureInfo.InvariantCulture);

    /// <summary>Opens what is left, as the next run does, and counts its rows.</summary>
    private int Check()
    {
        var log = new WarningLog();
        NodeStorage.Open(Database, loggers: log).DisposeAsync().AsTask().GetAwaiter().GetResult();
        Assert.IsEmpty(log.Messages);
        Assert.HasCount(0, Directory.GetFiles(_folder, "*.damaged-*"));
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        Assert.AreEqual("ok", Scalar(connection, "PRAGMA integrity_check"));
        var rows = Convert.ToInt32(Scalar(connection, "SELECT count(*) FROM peers"), CultureInfo.InvariantCulture);
        foreach (var table in new[] { "addresses", "kad_values", "kad_providers" })
            Assert.AreEqual(rows, Convert.ToInt32(Scalar(connection, $"SELECT count(*) FROM {table}"), CultureInfo.InvariantCulture), table);
        Assert.AreEqual(0, rows % BatchSize, "A batch is written as a whole or not at all.");
        return rows;
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
