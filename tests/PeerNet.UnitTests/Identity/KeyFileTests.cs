using System.Text;
using CsCheck;
using PeerNet.Identity;
using PeerNet.UnitTests.Multiformats;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class KeyFileTests
{
    private const string Id = "12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC";
    private const string Seed = "9befde76ec5a6e58e78daa75dbd873f4505c10069d9d6242aab176f0cdbf3152";
    private const string PublicHalf = "9e1beb1285f30135f6b40e427e1be3e31761f41a50e0dedd11c306e0d9aae78b";

    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("peernet-keyfile-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void Reads_the_files_that_kubo_openssl_and_hivemind_write()
    {
        foreach (var row in IdentityVectors.Open("keyfiles.json").Rows("files"))
        {
            var path = PathOf("key");
            File.WriteAllBytes(path, row.Bytes("content"));
            var loaded = KeyFile.Load(path);
            Assert.AreEqual(row.Text("peerId"), loaded.Key.PeerId.ToString(), row.Text("note"));
            Assert.AreEqual(row.Text("format"), loaded.Format.ToString(), row.Text("note"));
            loaded.Key.Dispose();
        }
    }

    [TestMethod]
    public void Writes_what_kubo_writes()
    {
        foreach (var row in IdentityVectors.Open("keyfiles.json").Rows("files").Where(row => row.Text("note").StartsWith("kubo key export", StringComparison.Ordinal)))
        {
            using var key = KeyFile.Import(row.Bytes("content"), "kubo");
            Assert.AreEqual(row.Text("content"), VectorFile.Hex(KeyFile.Export(key, Enum.Parse<KeyFileFormat>(row.Text("format")))), row.Text("note"));
        }
    }

    [TestMethod]
    [DataRow(KeyType.Ed25519)]
    [DataRow(KeyType.Secp256k1)]
    [DataRow(KeyType.Ecdsa)]
    [DataRow(KeyType.Rsa)]
    public void Every_written_form_is_read_back(KeyType type)
    {
        using var key = PrivateKey.Generate(type);
        foreach (var format in new[] { KeyFileFormat.Protobuf, KeyFileFormat.Base64, KeyFileFormat.PemPkcs8 })
        {
            var path = PathOf(format.ToString());
            KeyFile.Save(path, key, format);
            var loaded = KeyFile.Load(path);
            Assert.AreEqual(format, loaded.Format);
            Assert.IsNull(loaded.Warning);
            CollectionAssert.AreEqual(key.Encode(), loaded.Key.Encode());
            loaded.Key.Dispose();
        }
    }

    [TestMethod]
    public void The_config_form_can_only_be_read()
    {
        using var key = PrivateKey.Generate();
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyFile.Export(key, KeyFileFormat.KuboConfig));
    }

    [TestMethod]
    [DataRow("08011240" + Seed + PublicHalf, DisplayName = "64 bytes")]
    [DataRow("08011260" + Seed + PublicHalf + PublicHalf, DisplayName = "96 bytes, the old form")]
    public void Both_layouts_of_an_ed25519_key_are_the_same_identity(string hex)
    {
        using var key = KeyFile.Import(Convert.FromHexString(hex), "key");
        Assert.AreEqual(Id, key.PeerId.ToString());
        Assert.AreEqual("08011240" + Seed + PublicHalf, VectorFile.Hex(key.Encode()));
    }

    [TestMethod]
    [DataRow("08011260" + Seed + PublicHalf + "9e1beb1285f30135f6b40e427e1be3e31761f41a50e0dedd11c306e0d9aae78a", KeyFileFailure.BadKey, "copies of the public key", DisplayName = "copies differ")]
    [DataRow("080112409cefde76ec5a6e58e78daa75dbd873f4505c10069d9d6242aab176f0cdbf3152" + PublicHalf, KeyFileFailure.BadKey, "does not belong to its seed", DisplayName = "other seed")]
    [DataRow(Seed, KeyFileFailure.UnknownForm, "bare seed", DisplayName = "bare 32 bytes")]
    [DataRow(Seed + PublicHalf, KeyFileFailure.UnknownForm, "08 01 12 40", DisplayName = "bare 64 bytes")]
    [DataRow("", KeyFileFailure.UnknownForm, "empty", DisplayName = "empty")]
    [DataRow("0801", KeyFileFailure.BadKey, "no data", DisplayName = "cut")]
    [DataRow("00", KeyFileFailure.UnknownForm, "expected a protobuf PrivateKey", DisplayName = "zero")]
    public void A_refused_file_is_told_why(string hex, KeyFileFailure reason, string hint)
        => CheckRefused(Convert.FromHexString(hex), reason, hint);

    [TestMethod]
    [DataRow("08011240" + Seed + PublicHalf, KeyFileFailure.UnknownForm, "hexadecimal", DisplayName = "hex text")]
    [DataRow("hello world", KeyFileFailure.UnknownForm, "expected", DisplayName = "prose")]
    [DataRow("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", KeyFileFailure.UnknownForm, "ENCRYPTED PRIVATE KEY", DisplayName = "encrypted PEM")]
    [DataRow("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", KeyFileFailure.UnknownForm, "PKCS#8", DisplayName = "OpenSSH")]
    [DataRow("-----BEGIN PRIVATE KEY-----\nAAAA\n", KeyFileFailure.BadKey, "cut short", DisplayName = "PEM cut short")]
    [DataRow("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", KeyFileFailure.BadKey, "PKCS#8", DisplayName = "PEM without a key")]
    [DataRow("{}", KeyFileFailure.UnknownForm, "Identity.PrivKey", DisplayName = "JSON without identity")]
    [DataRow("{\"Identity\":{\"PeerID\":\"x\"}}", KeyFileFailure.UnknownForm, "Identity.PrivKey", DisplayName = "identity without key")]
    [DataRow("{\"Identity\":{\"PrivKey\":\"***\"}}", KeyFileFailure.BadKey, "base64", DisplayName = "key not base64")]
    [DataRow("{\"Identity\"", KeyFileFailure.UnknownForm, "Identity.PrivKey", DisplayName = "JSON cut short")]
    [DataRow("CAESQA==", KeyFileFailure.BadKey, "no protobuf message", DisplayName = "base64 of a cut key")]
    public void A_refused_text_is_told_why(string text, KeyFileFailure reason, string hint)
        => CheckRefused(Encoding.UTF8.GetBytes(text), reason, hint);

    [TestMethod]
    public void Text_forms_forgive_white_space_a_byte_order_mark_and_missing_padding()
    {
        using var key = PrivateKey.Decode(Convert.FromHexString("08011240" + Seed + PublicHalf));
        var base64 = Encoding.UTF8.GetString(KeyFile.Export(key, KeyFileFormat.Base64)).Trim();
        foreach (var text in new[] { base64, $"  {base64}\r\n\n", "\ufeff" + base64, base64.TrimEnd('='), base64[..40] + "\n" + base64[40..] })
        {
            using var read = KeyFile.Import(Encoding.UTF8.GetBytes(text), "key");
            Assert.AreEqual(Id, read.PeerId.ToString());
        }
    }

    [TestMethod]
    public void A_config_whose_id_belongs_to_another_key_is_refused()
    {
        using var key = PrivateKey.Generate();
        var base64 = Convert.ToBase64String(key.Encode());
        CheckRefused(Encoding.UTF8.GetBytes($$"""{"Identity":{"PeerID":"{{Id}}","PrivKey":"{{base64}}"} }"""), KeyFileFailure.PeerIdMismatch, key.PeerId.ToString());
        using var read = KeyFile.Import(Encoding.UTF8.GetBytes($$"""{"API":{"Identity":1},"Identity":{"Extra":[{"PrivKey":"no"}],"PrivKey":"{{base64}}","PeerID":"{{key.PeerId}}"},"Z":[]}"""), "config");
        Assert.AreEqual(key.PeerId, read.PeerId);
    }

    [TestMethod]
    public void A_missing_file_and_a_folder_are_errors_that_name_it()
    {
        var missing = Assert.Throws<KeyFileException>(() => KeyFile.Load(PathOf("missing")));
        Assert.AreEqual(KeyFileFailure.NotFound, missing.Reason);
        StringAssert.Contains(missing.Message, PathOf("missing"));
        Assert.AreEqual(KeyFileFailure.NotFound, Assert.Throws<KeyFileException>(() => KeyFile.Load(PathOf("no/folder/key"))).Reason);
        Assert.AreEqual(KeyFileFailure.AccessFailed, Assert.Throws<KeyFileException>(() => KeyFile.Load(_folder)).Reason);
        using var key = PrivateKey.Generate();
        File.WriteAllBytes(PathOf("file"), [1]);
        Assert.AreEqual(KeyFileFailure.AccessFailed, Assert.Throws<KeyFileException>(() => KeyFile.Save(PathOf("file/key"), key)).Reason);
    }

    [TestMethod]
    public void A_file_over_a_megabyte_is_refused()
    {
        File.WriteAllBytes(PathOf("large"), new byte[(1 << 20) + 1]);
        Assert.AreEqual(KeyFileFailure.UnknownForm, Assert.Throws<KeyFileException>(() => KeyFile.Load(PathOf("large"))).Reason);
    }

    [TestMethod]
    public void An_existing_key_is_replaced_only_when_asked_to()
    {
        using var first = PrivateKey.Generate();
        using var second = PrivateKey.Generate();
        var path = PathOf("key");
        KeyFile.Save(path, first);
        Assert.AreEqual(KeyFileFailure.AlreadyExists, Assert.Throws<KeyFileException>(() => KeyFile.Save(path, second)).Reason);
        Assert.AreEqual(first.PeerId, LoadId(path));
        KeyFile.Save(path, second, overwrite: true);
        Assert.AreEqual(second.PeerId, LoadId(path));
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(_folder), "no temporary file stays");
    }

    [TestMethod]
    public void The_first_start_makes_a_key_and_the_second_finds_it()
    {
        var path = PathOf("new/folder/key");
        var made = KeyFile.LoadOrCreate(path);
        Assert.AreEqual(KeyType.Ed25519, made.Key.Type);
        Assert.AreEqual(made.Key.PeerId, LoadId(path));
        Assert.AreEqual(made.Key.PeerId, KeyFile.LoadOrCreate(path, KeyType.Rsa).Key.PeerId);
    }

    [TestMethod]
    public void A_damaged_file_is_an_error_and_not_a_new_identity()
    {
        File.WriteAllBytes(PathOf("key"), [8]);
        Assert.Throws<KeyFileException>(() => KeyFile.LoadOrCreate(PathOf("key")));
        CollectionAssert.AreEqual(new byte[] { 8 }, File.ReadAllBytes(PathOf("key")));
    }

    [TestMethod]
    public void Several_first_starts_at_once_agree_on_one_identity()
    {
        var path = PathOf("key");
        var ids = new PeerId[8];
        Parallel.For(0, ids.Length, i => ids[i] = KeyFile.LoadOrCreate(path).Key.PeerId);
        Assert.HasCount(1, ids.Distinct());
        Assert.AreEqual(ids[0], LoadId(path));
    }

    [TestMethod]
    public void What_a_killed_process_leaves_behind_does_not_disturb()
    {
        using var key = PrivateKey.Generate();
        File.WriteAllBytes(PathOf(".key.0123456789ab.tmp"), [8, 1, 18]);
        KeyFile.Save(PathOf("key"), key);
        Assert.AreEqual(key.PeerId, LoadId(PathOf("key")));
    }

    [TestMethod]
    public void Access_is_the_owners_alone_and_a_wider_one_is_reported()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Windows has no Unix file modes.");
            return;
        }

        using var key = PrivateKey.Generate();
        var path = PathOf("folder/key");
        KeyFile.Save(path, key);
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(PathOf("folder")));

        // As Hivemind leaves its identity file.
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.IsNull(KeyFile.Load(path).Warning);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var warning = KeyFile.Load(path).Warning;
        StringAssert.Contains(warning, "mode 644");
        StringAssert.Contains(warning, path);
    }

    [TestMethod]
    public void A_symbolic_link_stays_a_link()
    {
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("Links need a privilege on Windows.");

        using var key = PrivateKey.Generate();
        File.CreateSymbolicLink(PathOf("link"), PathOf("real"));
        KeyFile.Save(PathOf("link"), key);
        KeyFile.Save(PathOf("link"), key, overwrite: true);
        Assert.AreEqual(PathOf("real"), new FileInfo(PathOf("link")).LinkTarget);
        Assert.AreEqual(key.PeerId, LoadId(PathOf("real")));
    }

    [TestMethod]
    public void Arbitrary_content_gives_a_key_file_error_and_nothing_else()
        => Gen.Byte.Array[0, 100].Sample(content =>
        {
            try
            {
                KeyFile.Import(content, "key").Dispose();
            }
            catch (KeyFileException)
            {
                return true;
            }

            return PrivateKey.TryDecode(content, out _, out _);
        });

    private static void CheckRefused(byte[] content, KeyFileFailure reason, string hint)
    {
        var error = Assert.Throws<KeyFileException>(() => KeyFile.Import(content, "some.key"));
        Assert.AreEqual(reason, error.Reason, error.Message);
        Assert.AreEqual("some.key", error.File);
        StringAssert.StartsWith(error.Message, "some.key: ");
        StringAssert.Contains(error.Message, hint);
    }

    private static PeerId LoadId(string path)
    {
        var loaded = KeyFile.Load(path);
        using (loaded.Key)
            return loaded.Key.PeerId;
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
