using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace PeerNet.Control.Commands;

/// <summary>Fetch: <c>fetch fetchPublish</c>.</summary>
internal sealed class FetchCommands
{
    private readonly PeerNode _node;
    private readonly ConcurrentDictionary<string, byte[]> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _prefixes = new(StringComparer.Ordinal);
    private readonly Lock _sync = new();

    public FetchCommands(PeerNode node) => _node = node;

    public void AddTo(ControlCommandTable table)
    {
        table.Add("fetchPublish", request =>
        {
            var key = request.RequiredText("key");
            var prefix = key[..(key.LastIndexOf('/') + 1)];
            lock (_sync)
            {
                if (_prefixes.Add(prefix))
                    _node.Fetch.Register(prefix, Lookup);
            }

            _values[key] = Encoding.UTF8.GetBytes(request.RequiredText("value"));
            return null;
        });
        table.Add("fetch", async (request, token) =>
        {
            var connection = await ConnectionCommands.ResolveAsync(_node, request, token).ConfigureAwait(false);
            var value = await _node.Fetch.FetchAsync(connection.Peer, request.RequiredText("key"), token).ConfigureAwait(false);
            return value is null
                ? new JsonObject { ["found"] = false }
                : new JsonObject { ["found"] = true, ["text"] = Encoding.UTF8.GetString(value), ["hex"] = Convert.ToHexStringLower(value) };
        });
    }

    private ValueTask<ReadOnlyMemory<byte>?> Lookup(ReadOnlyMemory<byte> key, CancellationToken token)
        => ValueTask.FromResult<ReadOnlyMemory<byte>?>(_values.TryGetValue(Encoding.UTF8.GetString(key.Span), out var value) ? value : null);
}
