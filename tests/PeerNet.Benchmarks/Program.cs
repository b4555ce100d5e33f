using PeerNet.Benchmarks;
using PeerNet.Benchmarks.Peers;

// Own loops instead of a framework: what counts here is CPU time and allocation of both ends of a connection, over seconds.
var suites = new Dictionary<string, Func<string[], Task>>(StringComparer.Ordinal)
{
    ["yamux"] = YamuxBenchmarks.RunAsync,
    ["security"] = SecurityBenchmarks.RunAsync,
    ["wire"] = WireBenchmarks.RunAsync,
    ["peers"] = PeerBenchmarks.RunAsync,
};

if (args.Length == 0 || !suites.TryGetValue(args[0], out var suite))
{
    Console.WriteLine($"usage: dotnet run -c Release --project tests/PeerNet.Benchmarks -- {string.Join(" | ", suites.Keys)} [arguments]");
    return 1;
}

await suite(args[1..]).ConfigureAwait(false);
return 0;
