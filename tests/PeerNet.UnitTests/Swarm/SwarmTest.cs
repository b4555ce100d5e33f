using System.Text;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core.Connections;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Resources;
using PeerNet.Testing.Swarm;

namespace PeerNet.UnitTests.Swarm;

/// <summary>Swarms over a network in memory, with real protocol negotiation and a clock that stands still until a test moves it.</summary>
public abstract class SwarmTest
{
    public required TestContext TestContext { get; init; }

    protected static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    internal FakeSwarm Lab { get; } = new(new MultistreamNegotiator(new Microsoft.Extensions.Time.Testing.FakeTimeProvider()));

    protected CancellationToken Token => TestContext.CancellationToken;

    [TestCleanup]
    public async Task EndAsync() => await Lab.DisposeAsync();

    protected static Multiaddress Address(string text) => Multiaddress.Parse(text);

    /// <summary>What a swarm still holds.</summary>
    protected static ResourceUsage Usage(SwarmHost swarm) => ((ResourceManager)swarm.Resources).SystemUsage;

    /// <summary>Serves a protocol that sends back what it gets.</summary>
    protected static IDisposable HandleEcho(SwarmHost swarm, string protocol = "/echo", HandlerOptions? options = null)
        => swarm.Handle(protocol, EchoAsync, options);

    protected static async ValueTask EchoAsync(PeerStream stream, CancellationToken token)
    {
        await stream.CopyToAsync(stream, token);
        await stream.CloseWriteAsync(token);
    }

    /// <summary>Sends a text over a stream and returns what comes back.</summary>
    protected async Task<string> EchoAsync(PeerStream stream, string text)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), Token);
        await stream.CloseWriteAsync(Token);
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        return await reader.ReadToEndAsync(Token).WaitAsync(Patience, Token);
    }

    /// <summary>Collects a swarm's events in the background.</summary>
    internal List<SwarmEvent> Record(SwarmHost swarm)
    {
        var events = new List<SwarmEvent>();
        var subscription = swarm.SubscribeAsync(Token);
        _ = Task.Run(
            async () =>
            {
                await foreach (var happened in subscription)
                {
                    lock (events)
                        events.Add(happened);
                }
            },
            Token);
        return events;
    }

    /// <summary>Waits for an event.</summary>
    internal static async Task<T> WaitForAsync<T>(List<SwarmEvent> events, Func<T, bool>? which = null)
        where T : SwarmEvent
    {
        T? found = null;
        await FakeSwarm.UntilAsync(() =>
        {
            lock (events)
                found = events.OfType<T>().FirstOrDefault(which ?? (_ => true));
            return found is not null;
        });
        return found!;
    }
}
