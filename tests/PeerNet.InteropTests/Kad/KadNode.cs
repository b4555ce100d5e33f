using System.Diagnostics.CodeAnalysis;
using System.Text;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;

namespace PeerNet.InteropTests.Kad;

/// <summary>A whole node of ours on loopback, with a table of the public protocol that lets loopback in, as the lab's peers have it.</summary>
internal sealed class KadNode : IAsyncDisposable
{
    private KadNode(PeerNode node, KadService kad) => (Node, Kad) = (node, kad);

    public static KadOptions LabOptions { get; } = new()
    {
        Protocol = KadProtocol.Wan,
        Scope = KadScope.Any,
        Mode = KadMode.Server,
        Validators = RecordValidators.Default.With(new LabValidator("v"), new LabValidator("lab")),
    };

    public PeerNode Node { get; }

    public KadService Kad { get; }

    public string PeerId => Node.PeerId.ToString();

    public string Address => Node.Addresses[0];

    public static async Task<KadNode> StartAsync(CancellationToken token, KadOptions? options = null)
    {
        var node = await PeerNode.CreateBuilder().Listen("/ip4/127.0.0.1/tcp/0").StartAsync(token);
        return new KadNode(node, new KadService(node.Swarm, options ?? LabOptions));
    }

    public async Task<IReadOnlyList<KadPeer>> FindProvidersAsync(ContentKey key, int count, CancellationToken token)
    {
        var found = new List<KadPeer>();
        await foreach (var provider in Kad.FindProvidersAsync(key, count, token))
            found.Add(provider);
        return found;
    }

    public async Task<string?> GetTextAsync(string key, CancellationToken token)
        => await Kad.GetValueAsync(Encoding.UTF8.GetBytes(key), null, token) is { } found ? Encoding.UTF8.GetString(found.Value.Span) : null;

    public Task<PublishResult> PutTextAsync(string key, string value, CancellationToken token)
        => Kad.PutValueAsync(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), token);

    public bool Knows(string peer) => Kad.GetTable().Any(member => member.Peer.ToString() == peer);

    public async ValueTask DisposeAsync()
    {
        await Kad.DisposeAsync();
        await Node.DisposeAsync();
    }

    /// <summary>The rule of the lab's peers: anything that does not begin with <c>bad</c>; the greater value is better.</summary>
    private sealed class LabValidator(string scope) : IRecordValidator
    {
        public string Namespace { get; } = scope;

        public bool TryValidate(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, DateTimeOffset now, [NotNullWhen(false)] out string? error)
        {
            error = value.Span.StartsWith("bad"u8) ? "it begins with bad" : null;
            return error is null;
        }

        public int Compare(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => left.Span.SequenceCompareTo(right.Span);
    }
}
