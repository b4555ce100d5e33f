using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Harness;

[TestClass]
public sealed class PeerCacheTests
{
    private readonly string _root = Directory.CreateTempSubdirectory("peernet-cache-").FullName;

    [TestCleanup]
    public void RemoveFiles() => Directory.Delete(_root, recursive: true);

    [TestMethod]
    public async Task Fills_a_folder_once_however_many_ask()
    {
        var fills = 0;
        var folders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PeerCache.FolderAsync(Path.Combine(_root, "peer"), async folder =>
        {
            Interlocked.Increment(ref fills);
            await File.WriteAllTextAsync(Path.Combine(folder, "program"), "x");
        })));
        Assert.AreEqual(1, fills);
        Assert.HasCount(1, folders.Distinct());
        Assert.IsTrue(File.Exists(Path.Combine(folders[0], "program")));
    }

    [TestMethod]
    public async Task Fills_again_what_was_not_finished()
    {
        var path = Path.Combine(_root, "peer");
        await Assert.ThrowsExactlyAsync<PeerAbsentException>(() => PeerCache.FolderAsync(path, async folder =>
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "half"), "x");
            throw new PeerAbsentException("interrupted");
        }));
        await PeerCache.FolderAsync(path, _ => Task.CompletedTask);
        Assert.IsFalse(File.Exists(Path.Combine(path, "half")));
    }

    [TestMethod]
    public void A_digest_follows_names_and_contents()
    {
        Directory.CreateDirectory(Path.Combine(_root, "lib"));
        var file = Path.Combine(_root, "lib", "a");
        File.WriteAllText(file, "one");
        var first = PeerCache.Digest(_root, "lib");
        File.WriteAllText(file, "two");
        var second = PeerCache.Digest(_root, "lib");
        File.Move(file, file + "b");
        var third = PeerCache.Digest(_root, "lib");
        Assert.HasCount(3, new[] { first, second, third }.Distinct());
    }
}
