using System.Collections.Concurrent;
using System.Text.Json;

namespace PeerNet.Testing.Interop;

/// <summary>One run of a scenario: the peers, the stack between them, and the test's cancellation.</summary>
public sealed record ScenarioRun(PeerProcess A, PeerProcess B, ProtocolStack Stack, CancellationToken Cancellation)
{
    private const int WarmUpAttempts = 5;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PollDeadline = TimeSpan.FromSeconds(30);
    private static int lastProtocol;

    /// <summary>Where B listens with this stack.</summary>
    public string AddressOfB => B.AddressFor(Stack);

    /// <summary>Faults of the peers that showed, each expected by name.</summary>
    public ConcurrentBag<PeerFault> Faults { get; } = [];

    /// <summary>How long the scenario took, without starting the peers; set by who runs it.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>A command to A.</summary>
    public Task<JsonElement> CallA(string command, object? arguments = null) => A.CallAsync(command, arguments, cancellation: Cancellation);

    /// <summary>A command to B.</summary>
    public Task<JsonElement> CallB(string command, object? arguments = null) => B.CallAsync(command, arguments, cancellation: Cancellation);

    /// <summary>A dials B; the connection as A sees it.</summary>
    public Task<JsonElement> DialAsync() => CallA("dial", new { addr = AddressOfB });

    /// <summary>A closes the connection; both know it when this returns.</summary>
    public async Task DisconnectAsync()
    {
        await CallA("disconnect", new { peer = B.PeerId });
        await CallB("waitDisconnected", new { peer = A.PeerId });
    }

    /// <summary>
    /// Connects once and closes it again. The first connections of a process load and compile code, which on a busy machine takes longer than a
    /// dial may; so a few attempts may run out of time.
    /// </summary>
    public async Task WarmUpAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await DialAsync();
                await CallA("ping", new { peer = B.PeerId });
                await DisconnectAsync();
                return;
            }
            catch (ControlException e) when (e.Name == ControlErrors.Timeout && attempt < WarmUpAttempts)
            {
                // Once more, with what has been compiled meanwhile.
            }
        }
    }

    /// <summary>A protocol that no other run uses: peers live longer than a run.</summary>
    public static string NewProtocol(string name) => $"/lab/{name}/{Interlocked.Increment(ref lastProtocol)}";

    /// <summary>B serves a new protocol in one of its modes.</summary>
    public async Task<string> ServeAsync(string mode)
    {
        var protocol = NewProtocol(mode);
        await CallB("handle", new { protocol, mode });
        return protocol;
    }

    /// <summary>
    /// A stream from A to B that both keep under a handle, with one byte already read at B. B has to serve the protocol in mode <c>keep</c>.
    /// </summary>
    public async Task<(string AtA, string AtB)> OpenAsync(string protocol)
    {
        var since = B.EventCount;
        var stream = (await CallA("open", new { peer = B.PeerId, protocol })).Text("stream")!;
        // Some peers open a stream on the wire with its first bytes only.
        await CallA("write", new { stream, text = "?" });
        var accepted = (await B.WaitForEventAsync("stream", e => e.Text("protocol") == protocol, since: since, cancellation: Cancellation)).Text("stream")!;
        await CallB("read", new { stream = accepted, bytes = 1 });
        return (stream, accepted);
    }

    /// <summary>Whether a fault explains what was seen; then the run says so.</summary>
    public bool Meets(PeerFault fault, bool seen)
    {
        if (seen)
            Faults.Add(fault);
        return seen;
    }

    /// <summary>Asks until the answer will do.</summary>
    /// <exception cref="TimeoutException">It never did.</exception>
    public static async Task<JsonElement> PollAsync(Func<Task<JsonElement>> ask, Func<JsonElement, bool> enough, CancellationToken cancellation)
    {
        var deadline = DateTime.UtcNow + PollDeadline;
        while (true)
        {
            var answer = await ask();
            if (enough(answer))
                return answer;
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"The last answer within {PollDeadline.TotalSeconds} s was {answer}");
            await Task.Delay(PollInterval, cancellation);
        }
    }
}
