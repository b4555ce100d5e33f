using PeerNet.Cli;

namespace PeerNet.UnitTests.Cli;

[TestClass]
public sealed class CommandLineTests
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "peernet-tests", Guid.NewGuid().ToString("n"));

    public required TestContext TestContext { get; set; }

    [TestCleanup]
    public void Remove()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    [DataRow("frobnicate")]
    [DataRow("ping")]
    [DataRow("ping /ip4/127.0.0.1/10050")]
    [DataRow("ping /ip4/127.0.0.1/tcp/4001")]
    [DataRow("ping 127.0.0.1:4001")]
    [DataRow("ping 12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC --count 0")]
    [DataRow("ping 12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC --timeout -1")]
    [DataRow("block nobody")]
    [DataRow("peers")]
    [DataRow("id")]
    [DataRow("key show /nowhere/at/all")]
    [DataRow("key generate FILE --bits 512")]
    [DataRow("run --listen /ip4/ip-10-0-1-78.example/tcp/0")]
    [DataRow("run --bootstrap /ip4/127.0.0.1/tcp/1")]
    [DataRow("run --transports pigeon")]
    [DataRow("run --config /nowhere/at/all")]
    [DataRow("run --psk /nowhere/at/all")]
    [DataRow("hivemind get k")]
    [DataRow("hivemind get {k --typed --initial-peer /ip4/127.0.0.1/tcp/1/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC")]
    [DataRow("hivemind peers --initial-peer /ip4/127.0.0.1/tcp/1")]
    [DataRow("hivemind store k v --ttl 0")]
    [DataRow("hivemind experts ffn.1 ffn.")]
    public async Task Bad_input_is_one_line_and_exit_code_2(string line)
    {
        var (code, output, error) = await RunAsync([.. line.Replace("FILE", Path.Combine(_folder, "k"), StringComparison.Ordinal).Split(' ')]);
        Assert.AreEqual(ExitCodes.BadInput, code, error);
        Assert.AreEqual("", output);
        StringAssert.StartsWith(error, "peernet: ");
        Assert.HasCount(1, error.TrimEnd('\n').Split('\n'), error);
    }

    [TestMethod]
    public async Task A_megabyte_in_place_of_an_address_is_one_line_too()
    {
        var (code, _, error) = await RunAsync("ping", "/ip4/" + new string('x', 1 << 20));
        Assert.AreEqual(ExitCodes.BadInput, code);
        Assert.IsLessThan(1000, error.Length);
    }

    [TestMethod]
    public async Task Keys_are_made_shown_and_converted()
    {
        Directory.CreateDirectory(_folder);
        var key = Path.Combine(_folder, "a.key");
        var (code, output, error) = await RunAsync("key", "generate", key, "--type", "Secp256k1", "--json");
        Assert.AreEqual(ExitCodes.Done, code, error);
        StringAssert.Contains(output, "\"keyType\":\"Secp256k1\"");
        var pem = Path.Combine(_folder, "a.pem");
        (code, _, error) = await RunAsync("key", "convert", key, pem, "--format", "PemPkcs8");
        Assert.AreEqual(ExitCodes.Done, code, error);
        var (_, shown, _) = await RunAsync("key", "show", pem, "--json");
        var (_, original, _) = await RunAsync("key", "show", key, "--json");
        Assert.AreEqual(PeerIdIn(original), PeerIdIn(shown));
        (code, _, error) = await RunAsync("key", "generate", key);
        Assert.AreEqual(ExitCodes.BadInput, code, "an existing key is never replaced");
    }

    [TestMethod]
    public async Task Help_lists_the_commands()
    {
        var (code, output, _) = await RunAsync("--help");
        Assert.AreEqual(ExitCodes.Done, code);
        foreach (var command in new[] { "run", "id", "peers", "connect", "ping", "identify", "perf", "key", "block" })
            StringAssert.Contains(output, command);
    }

    private static string PeerIdIn(string json) => System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("peerId").GetString()!;

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var code = await CommandLine.RunAsync([.. args, "--data-dir", _folder], output, error, TestContext.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
