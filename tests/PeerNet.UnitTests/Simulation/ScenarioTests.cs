using System.Diagnostics;
using System.Text.RegularExpressions;
using PeerNet.Simulation.Scenarios;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Simulation;

/// <summary>Runs scenarios as the program does: in a process with one thread for everything, which makes a run repeatable.</summary>
[TestClass]
[TestCategory("Simulation")]
public sealed partial class ScenarioTests
{
    private const int Seed = 1;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow("lookups-1k-short")]
    [DataRow("grow-60")]
    [DataRow("churn-30")]
    public async Task A_scenario_keeps_its_bounds(string name) => await RunAsync(name);

    [TestMethod]
    [TestCategory("LongRunning")]
    [DataRow("lookups-1k")]
    [DataRow("lookups-1k-dead")]
    [DataRow("lookups-10k")]
    [DataRow("lookups-10k-dead")]
    [DataRow("grow-500")]
    [DataRow("churn-60")]
    [DataRow("churn-500")]
    public async Task A_large_scenario_keeps_its_bounds(string name) => await RunAsync(name);

    [TestMethod]
    public async Task A_run_is_a_function_of_its_seed()
    {
        var first = TraceOf(await RunAsync("lookups-100"));
        Assert.AreEqual(first, TraceOf(await RunAsync("lookups-100")));
        Assert.AreNotEqual(first, TraceOf(await RunAsync("lookups-100", Seed + 1)));
    }

    [TestMethod]
    public async Task An_unknown_scenario_is_told_which_there_are()
    {
        var (code, output) = await StartAsync("no-such-scenario");
        Assert.AreEqual(2, code);
        foreach (var scenario in Scenario.All)
            Assert.Contains(scenario.Name, output);
    }

    private async Task<string> RunAsync(string name, int seed = Seed)
    {
        var folder = Path.Combine(TestData.RepositoryRoot, "artifacts", "simulation");
        var (code, output) = await StartAsync(name, $"{seed}", folder);
        TestContext.WriteLine(output);
        Assert.AreEqual(0, code, output);
        Assert.AreEqual(output.Trim(), (await File.ReadAllTextAsync(Path.Combine(folder, $"{name}-{seed}.txt"), TestContext.CancellationToken)).Trim());
        return output;
    }

    private async Task<(int Code, string Output)> StartAsync(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "PeerNet.Simulation.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(TestContext.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.CancellationToken);
            await process.WaitForExitAsync(TestContext.CancellationToken);
            return (process.ExitCode, output + await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static string TraceOf(string output) => TraceLine().Match(output).Groups[1].Value;

    [GeneratedRegex(@"trace\s+([0-9a-f]{16})")]
    private static partial Regex TraceLine();
}
