using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Many streams of one connection open at once: as many as the peers can, and more than one of them allows.</summary>
public static class ManyStreamsScenarios
{
    /// <summary>A busy machine negotiates that many within any peer's deadline.</summary>
    private const int OpenedAtOnce = 50;

    private static readonly TimeSpan OpenDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Streams that a kind holds open on one connection when its own limits are off.</summary>
    private static int Capacity(PeerKind kind) => kind switch
    {
        // The 512th ends the connection.
        PeerKind.Rust => 500,
        // Its muxer refuses more than 1,000, and its own identify and ping need some.
        PeerKind.Js => 900,
        _ => 1000,
    };

    /// <summary>What a kind needs to hold that many, or to open them.</summary>
    public static IReadOnlyList<string> FlagsWithoutLimits(PeerKind kind, PeerKind other) => kind switch
    {
        PeerKind.Go => ["--no-limits"],
        // Room for ping and identify besides, and still short of the stream that would end the connection.
        PeerKind.PeerNet when other == PeerKind.Rust => ["--no-limits", "--set", "yamux.maxOutboundStreams=508"],
        PeerKind.PeerNet => ["--no-limits", "--set", "yamux.maxOutboundStreams=2000"],
        _ => [],
    };

    public static readonly Scenario AllOpen = new("many streams", async run =>
    {
        var count = Math.Min(Capacity(run.A.Kind), Capacity(run.B.Kind));
        await run.DialAsync();
        var streams = new string?[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = OpenedAtOnce, CancellationToken = run.Cancellation }, async (i, _)
            => streams[i] = (await run.CallA("open", new { peer = run.B.PeerId, protocol = "/echo/1.0.0" })).Text("stream"));
        await Task.WhenAll(streams.Select((stream, i) => EchoAsync(run, stream!, i)));

        // All of them are open still: once more, in the other order.
        await Task.WhenAll(streams.Select((stream, i) => EchoAsync(run, stream!, count - i)).Reverse());
    });

    /// <summary>Streams that a kind with its default limits lets one peer have of one protocol: at least and at most.</summary>
    private static (int Least, int Most) DefaultLimit(PeerKind kind) => kind switch
    {
        // 64, and a few more on a machine with much memory.
        PeerKind.Go => (64, 80),
        // Our side stops before the number that ends rust's connection.
        PeerKind.Rust => (490, 511),
        PeerKind.Js => (32, 32),
        _ => (256, 256),
    };

    /// <summary>Streams that a kind opens of one protocol before its own limits stop it: at least and at most.</summary>
    private static (int Least, int Most) OwnLimit(PeerKind kind) => kind switch
    {
        // It reserves after the other side has taken the stream, and so takes room there with what it then drops.
        PeerKind.Go => (64, 256),
        PeerKind.Js => (64, 64),
        _ => (int.MaxValue, int.MaxValue),
    };

    public static readonly Scenario Refused = new("default limits", async run =>
    {
        var protocol = ScenarioRun.NewProtocol("limited");
        var (least, most) = DefaultLimit(run.B.Kind);
        await run.CallB("handle", new { protocol, mode = "echo", maxIn = run.B.Kind is PeerKind.Js or PeerKind.PeerNet ? most : 100_000 });
        var own = OwnLimit(run.A.Kind);
        (least, most) = (Math.Min(least, own.Least), Math.Min(most, own.Most));
        await run.DialAsync();
        var attempts = await Task.WhenAll(Enumerable.Range(0, most + 100).Select(_ => TryOpenAsync(run, protocol)));
        var opened = attempts.Where(attempt => attempt.Stream is not null).Select(attempt => attempt.Stream!).ToList();
        Assert.IsInRange(least, most, opened.Count, string.Join(", ", attempts.CountBy(attempt => attempt.Refusal ?? "open").Select(pair => $"{pair.Value} x {pair.Key}")));

        // What was refused took nothing along, and what ends makes room.
        foreach (var stream in opened.Take(10))
            await run.CallA("reset", new { stream });
        await ScenarioRun.PollAsync(
            async () => JsonSerializer.SerializeToElement((await TryOpenAsync(run, protocol)).Stream),
            stream => stream.ValueKind == JsonValueKind.String,
            run.Cancellation);
        Assert.HasCount(1, (await run.CallA("ping", new { peer = run.B.PeerId })).Items("rtts"));
    });

    private static async Task EchoAsync(ScenarioRun run, string stream, int number)
    {
        var text = $"{number:0000}";
        await run.CallA("write", new { stream, text });
        var back = await run.CallA("read", new { stream, bytes = text.Length });
        Assert.AreEqual(Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text)), back.Text("hex"), back.ToString());
    }

    /// <summary>A stream that B has really taken: an opened one may still be refused. Otherwise, how it was.</summary>
    private static async Task<(string? Stream, string? Refusal)> TryOpenAsync(ScenarioRun run, string protocol)
    {
        try
        {
            var stream = (await run.A.CallAsync("open", new { peer = run.B.PeerId, protocol }, OpenDeadline, run.Cancellation)).Text("stream")!;
            await run.A.CallAsync("write", new { stream, text = "?" }, OpenDeadline, run.Cancellation);
            var answer = await run.A.CallAsync("read", new { stream, bytes = 1 }, OpenDeadline, run.Cancellation);
            return answer.Text("hex") == "3f" ? (stream, null) : (null, answer.Text("error") ?? "ended");
        }
        catch (ControlException e) when (e.Name != ControlErrors.PeerExited)
        {
            return (null, e.Name);
        }
    }
}
