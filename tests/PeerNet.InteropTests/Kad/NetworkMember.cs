using System.Text;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Kad;

/// <summary>One member of a mixed network, whatever runs it: what a test asks of all of them.</summary>
internal abstract class NetworkMember
{
    public abstract PeerKind Kind { get; }

    public abstract string Id { get; }

    public abstract string Name { get; }

    public abstract Task DialAsync(string address, CancellationToken token);

    public abstract Task<int> CountTableAsync(CancellationToken token);

    public abstract Task ProvideAsync(string text, CancellationToken token);

    public abstract Task<IReadOnlyList<string>> FindProvidersAsync(string text, CancellationToken token);

    public abstract Task<bool> FindPeerAsync(string peer, CancellationToken token);

    public abstract Task PutAsync(string key, string value, CancellationToken token);

    public abstract Task<string?> GetAsync(string key, CancellationToken token);

    /// <summary>A peer of another stack.</summary>
    public sealed class Real(PeerProcess peer) : NetworkMember
    {
        public PeerProcess Peer => peer;

        public override PeerKind Kind => peer.Kind;

        public override string Id => peer.PeerId;

        public override string Name => $"{peer.Kind} {peer.Name}";

        public override Task DialAsync(string address, CancellationToken token) => peer.CallAsync("dial", new { addr = address }, cancellation: token);

        public override async Task<int> CountTableAsync(CancellationToken token)
            => (await peer.CallAsync("dhtTable", cancellation: token)).GetProperty("peers").GetArrayLength();

        public override Task ProvideAsync(string text, CancellationToken token) => peer.CallAsync("dhtProvide", new { text }, cancellation: token);

        public override async Task<IReadOnlyList<string>> FindProvidersAsync(string text, CancellationToken token)
            => [.. (await peer.CallAsync("dhtFindProviders", new { text, count = 1 }, cancellation: token)).Items("providers").Select(provider => provider.Text("peerId")!)];

        public override async Task<bool> FindPeerAsync(string peerId, CancellationToken token)
            => (await peer.CallAsync("dhtFindPeer", new { peer = peerId }, cancellation: token)).Text("peerId") == peerId;

        public override Task PutAsync(string key, string value, CancellationToken token) => peer.CallAsync("dhtPut", new { key, value }, cancellation: token);

        public override async Task<string?> GetAsync(string key, CancellationToken token)
            => (await peer.CallAsync("dhtGet", new { key }, cancellation: token)).Text("value");
    }

    /// <summary>A node of ours in this process, a member of both networks as Kubo is.</summary>
    public sealed class Ours(PeerNode node, DualDht dht) : NetworkMember, IAsyncDisposable
    {
        public PeerNode Node => node;

        public DualDht Dht => dht;

        public override PeerKind Kind => PeerKind.PeerNet;

        public override string Id => node.PeerId.ToString();

        public override string Name => $"PeerNet {node.PeerId}";

        public static async Task<Ours> StartAsync(CancellationToken token)
        {
            var node = await PeerNode.CreateBuilder().Listen("/ip4/127.0.0.1/tcp/0").StartAsync(token);
            var lan = KadOptions.LanDht with { Mode = KadMode.Server, Validators = KadNode.LabOptions.Validators };
            return new Ours(node, new DualDht(node.Swarm, KadNode.LabOptions, lan));
        }

        public override async Task DialAsync(string address, CancellationToken token) => await node.ConnectAsync(address, token);

        public override Task<int> CountTableAsync(CancellationToken token) => Task.FromResult(Math.Max(dht.Wan.TableCount, dht.Lan.TableCount));

        public override Task ProvideAsync(string text, CancellationToken token) => dht.ProvideAsync(ContentKey.FromText(text), token);

        public override async Task<IReadOnlyList<string>> FindProvidersAsync(string text, CancellationToken token)
        {
            var found = new List<string>();
            await foreach (var provider in dht.FindProvidersAsync(ContentKey.FromText(text), 1, token))
                found.Add(provider.Id.ToString());
            return found;
        }

        public override async Task<bool> FindPeerAsync(string peer, CancellationToken token)
            => (await dht.FindPeerAsync(PeerId.Parse(peer), token))?.Peer.Id.ToString() == peer;

        public override Task PutAsync(string key, string value, CancellationToken token)
            => dht.PutValueAsync(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), token);

        public override async Task<string?> GetAsync(string key, CancellationToken token)
            => await dht.GetValueAsync(Encoding.UTF8.GetBytes(key), null, token) is { } found ? Encoding.UTF8.GetString(found.Value.Span) : null;

        public async ValueTask DisposeAsync()
        {
            await dht.DisposeAsync();
            await node.DisposeAsync();
        }
    }
}
