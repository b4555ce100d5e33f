using System.Text;
using PeerNet.Connections.Security.PrivateNetwork;
using PeerNet.Identity.Primitives;

namespace PeerNet.UnitTests.Connections.Security.PrivateNetwork;

[TestClass]
public sealed class PrivateNetworkKeyTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly string Hex = Convert.ToHexStringLower(Key);

    [TestMethod]
    [DataRow("\n", "")]
    [DataRow("\n", "\n")]
    [DataRow("\r\n", "\r\n")]
    public void Reads_all_encodings_with_either_line_end(string lineEnd, string last)
    {
        var header = $"/key/swarm/psk/1.0.0/{lineEnd}";
        byte[][] files =
        [
            Encoding.ASCII.GetBytes($"{header}/base16/{lineEnd}{Hex}{last}"),
            Encoding.ASCII.GetBytes($"{header}/base16/{lineEnd}{Hex.ToUpperInvariant()}{last}"),
            Encoding.ASCII.GetBytes($"{header}/base64/{lineEnd}{Convert.ToBase64String(Key)}{last}"),
            [.. Encoding.ASCII.GetBytes($"{header}/bin/{lineEnd}"), .. Key, .. Encoding.ASCII.GetBytes(last)],
        ];
        foreach (var file in files)
        {
            using var key = PrivateNetworkKey.Parse(file);
            CollectionAssert.AreEqual(Key, key.Bytes.ToArray());
        }
    }

    [TestMethod]
    [DataRow("", "first line")]
    [DataRow("/key/swarm/psk/2.0.0/\n/base16/\n", "first line")]
    [DataRow("/key/swarm/psk/1.0.0/", "second line")]
    [DataRow("/key/swarm/psk/1.0.0/\n/base58/\nabc", "/base16/, /base64/ or /bin/")]
    [DataRow("/key/swarm/psk/1.0.0/\n/base16/\n", "64 hexadecimal digits, not 0")]
    [DataRow("/key/swarm/psk/1.0.0/\n/base16/\n0001", "64 hexadecimal digits, not 4")]
    [DataRow("/key/swarm/psk/1.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g", "no hexadecimal digit")]
    [DataRow("/key/swarm/psk/1.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n", "three lines")]
    [DataRow("/key/swarm/psk/1.0.0/\n/base64/\nAAEC", "32 bytes, not 3")]
    [DataRow("/key/swarm/psk/1.0.0/\n/base64/\nAAEC*", "not base64")]
    [DataRow("/key/swarm/psk/1.0.0/\n/bin/\n0123456789", "32 bytes, not 10")]
    [DataRow("/key/swarm/psk/1.0.0/\n/bin/\n0123456789abcdef0123456789abcdefX", "32 bytes, not 33")]
    public void Says_what_is_wrong_with_a_file_without_its_key(string file, string expected)
    {
        Assert.IsFalse(PrivateNetworkKey.TryParse(Encoding.ASCII.GetBytes(file), out var key, out var error));
        Assert.IsNull(key);
        Assert.Contains(expected, error);
        Assert.DoesNotContain("0001", error);
        Assert.ThrowsExactly<FormatException>(() => PrivateNetworkKey.Parse(Encoding.ASCII.GetBytes(file)));
    }

    [TestMethod]
    public void Refuses_a_file_of_any_length_cut_short()
    {
        var file = Encoding.ASCII.GetBytes($"/key/swarm/psk/1.0.0/\n/base16/\n{Hex}\n");
        for (var length = 0; length < file.Length - 1; length++)
            Assert.IsFalse(PrivateNetworkKey.TryParse(file.AsSpan(0, length), out _, out _), $"{length} bytes");
        Assert.IsFalse(PrivateNetworkKey.TryParse(new byte[100_000], out _, out _));
    }

    [TestMethod]
    public void Writes_a_file_that_reads_back()
    {
        using var key = PrivateNetworkKey.Generate();
        using var copy = PrivateNetworkKey.Parse(Encoding.ASCII.GetBytes(key.ToKeyFile()));
        CollectionAssert.AreEqual(key.Bytes.ToArray(), copy.Bytes.ToArray());
        using var other = PrivateNetworkKey.Generate();
        CollectionAssert.AreNotEqual(key.Bytes.ToArray(), other.Bytes.ToArray());
        Assert.ThrowsExactly<ArgumentException>(() => PrivateNetworkKey.FromBytes(new byte[31]));
    }

    [TestMethod]
    public void Names_itself_by_its_fingerprint()
    {
        using var key = PrivateNetworkKey.FromBytes(Key);
        // Computed apart, by the Salsa20 specification's steps and another SHAKE128.
        Assert.AreEqual("41dfbf48d882a8ee665983adfa7a48f7", key.Fingerprint());
        Assert.AreEqual("private network 41dfbf48d882a8ee665983adfa7a48f7", key.ToString());
    }

    [TestMethod]
    public void A_disposed_key_is_gone()
    {
        var key = PrivateNetworkKey.FromBytes(Key);
        key.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => key.Fingerprint());
    }

    [TestMethod]
    public void Both_shakes_agree()
    {
        var portable = new byte[16];
        var platform = new byte[16];
        Shake128Hash.HashPortably(Key, portable);
        Shake128Hash.HashData(Key, platform);
        CollectionAssert.AreEqual(platform, portable);
    }
}
