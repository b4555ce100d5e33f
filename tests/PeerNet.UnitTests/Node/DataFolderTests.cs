using PeerNet;

namespace PeerNet.UnitTests.Node;

[TestClass]
public sealed class DataFolderTests
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), "peernet-tests", Guid.NewGuid().ToString("n"));

    [TestCleanup]
    public void Remove()
    {
        if (Directory.Exists(_path))
            Directory.Delete(_path, recursive: true);
    }

    [TestMethod]
    public void A_folder_is_used_by_one_node_at_a_time()
    {
        using (DataFolder.Open(_path))
        {
            var error = Assert.ThrowsExactly<DataFolderException>(() => DataFolder.Open(_path));
            StringAssert.Contains(error.Message, "in use by another node");
        }

        DataFolder.Open(_path).Dispose();
    }

    [TestMethod]
    public void A_new_folder_is_for_its_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Access rights are looked at on Unix only.");
            return;
        }

        using var folder = DataFolder.Open(_path);
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_path));
    }

    [TestMethod]
    public void A_path_through_a_file_is_refused_by_name()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        var file = _path + ".file";
        File.WriteAllText(file, "");
        try
        {
            var error = Assert.ThrowsExactly<DataFolderException>(() => DataFolder.Open(Path.Combine(file, "below")));
            StringAssert.Contains(error.Message, file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
