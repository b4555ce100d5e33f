using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Identity;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Storage;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Storage;

/// <summary>A disk that is full, and one that cannot be written to: a small file system of its own, where this process may mount one.</summary>
[TestClass]
[DoNotParallelize]
public sealed class FullDiskTests
{
    private const string Network = "/test/kad/1.0.0";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "peernet-tests", Guid.NewGuid().ToString("n"));
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly PrivateKey _key = PrivateKey.Generate();
    private bool _isMounted;

    private string Database => Path.Combine(_folder, "peernet.db");

    [TestInitialize]
    public void Mount()
    {
        Directory.CreateDirectory(_folder);
        if (!OperatingSystem.IsLinux() || !TryRun("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", _folder))
            Assert.Inconclusive("This process may not mount a file system.");
        _isMounted = true;
    }

    [TestCleanup]
    public void Unmount()
    {
        _key.Dispose();
        if (_isMounted)
            TryRun("umount", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public async Task A_full_disk_delays_writing_and_the_node_goes_on()
    {
        await using var storage = NodeStorage.Open(Database, time: _time);
        var values = storage.CreateRecordStore(Network);
        await storage.Loaded;
        var filler = Path.Combine(_folder, "filler");
        Fill(filler);
        await Put(values, 0, 60);
        var error = await Assert.ThrowsExactlyAsync<SqliteException>(storage.FlushAsync);
        Assert.AreEqual(13, error.SqliteErrorCode, "SQLITE_FULL");
        Assert.IsGreaterThan(0, storage.Statistics.Pending);
        Assert.IsNotNull(await values.GetAsync(Key(59)));

        File.Delete(filler);
        await Put(values, 60, 1);
        await storage.FlushAsync();
        Assert.AreEqual(0, storage.Statistics.Pending);
        Assert.AreEqual(0L, storage.Statistics.Dropped);
        await storage.DisposeAsync();
        await using var again = NodeStorage.Open(Database, time: _time);
        var loaded = again.CreateRecordStore(Network);
        await again.Loaded;
        for (var i = 0; i <= 60; i++)
            Assert.IsNotNull(await loaded.GetAsync(Key(i)), $"{i}");
    }

    [TestMethod]
    public async Task A_folder_that_cannot_be_written_to_is_refused_in_a_sentence()
    {
        await using (NodeStorage.Open(Database, time: _time))
        {
        }

        if (!TryRun("mount", "-o", "remount,ro", _folder))
            Assert.Inconclusive("This process may not make a file system read-only.");
        var error = Assert.ThrowsExactly<StorageException>(() => NodeStorage.Open(Database, time: _time));
        Assert.Contains(Database, error.Message);
        Assert.ThrowsExactly<DataFolderException>(() => DataFolder.Open(_folder));
        Assert.IsTrue(TryRun("mount", "-o", "remount,rw", _folder));
        await using var again = NodeStorage.Open(Database, time: _time);
    }

    private static byte[] Key(int number) => System.Text.Encoding.UTF8.GetBytes($"/v/{number}");

    private async Task Put(IRecordStore values, int first, int count)
    {
        for (var i = first; i < first + count; i++)
            await values.PutAsync(new StoredValue { Key = Key(i), Value = new byte[1000], From = _key.PeerId, ReceivedAt = _time.GetUtcNow() });
    }

    private static void Fill(string path)
    {
        using var file = File.Create(path, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static bool TryRun(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
