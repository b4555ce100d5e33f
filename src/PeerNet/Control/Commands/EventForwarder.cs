using System.Text.Json.Nodes;
using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Swarm.Events;

namespace PeerNet.Control.Commands;

/// <summary>Turns the swarm's events into lines, once a driver asks with <c>events</c>.</summary>
internal static class EventForwarder
{
    public static async Task RunAsync(PeerNode node, Func<string, JsonObject, Task> emit, CancellationToken token)
    {
        try
        {
            await foreach (var happened in node.SubscribeAsync(token).ConfigureAwait(false))
            {
                if (Describe(node, happened) is var (name, details))
                    await emit(name, details).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The session ends.
        }
    }

    private static (string Name, JsonObject Details)? Describe(PeerNode node, SwarmEvent happened) => happened switch
    {
        PeerConnected e => ("connected", new JsonObject { ["peerId"] = e.Peer.ToString() }),
        PeerDisconnected e => ("disconnected", new JsonObject { ["peerId"] = e.Peer.ToString() }),
        ConnectionOpened e => ("connection:open", Shapes.Connection(node, e.Connection)),
        ConnectionClosed e => ("connection:close", Closed(node, e)),
        PeerIdentified e => ("identify", Identified(e)),
        DialFailed e => ("dial-failed", new JsonObject { ["peerId"] = e.Peer?.ToString(), ["error"] = e.Error.Message, ["name"] = ControlErrors.NameOf(e.Error) }),
        InboundFailed e => ("inbound-failed", new JsonObject { ["remoteAddr"] = e.Remote.ToString(), ["reason"] = e.Reason, ["error"] = e.Error?.Message ?? e.Reason }),
        ListenAddressesChanged => ("self", SelfCommands.Self(node)),
        ProtocolsChanged => ("self", SelfCommands.Self(node)),
        ObservedAddressChanged { IsActive: true } e => ("observed-trusted", new JsonObject { ["addr"] = e.Address.ToString() }),
        MisbehaviourReported e => ("misbehaviour", new JsonObject
        {
            ["peerId"] = e.Peer.ToString(),
            ["protocol"] = e.Misbehaviour.Protocol,
            ["kind"] = e.Misbehaviour.Kind,
            ["detail"] = e.Misbehaviour.Detail,
        }),
        EventsMissed e => ("events-missed", new JsonObject { ["count"] = e.Count }),
        _ => null,
    };

    private static JsonObject Closed(PeerNode node, ConnectionClosed e)
    {
        var details = Shapes.Connection(node, e.Connection);
        details["reason"] = e.Reason.ToString();
        details["code"] = e.Code;
        return details;
    }

    public static JsonObject Identified(PeerIdentified e)
    {
        var details = IdentifyShape.Of(e.Connection.Peer, e.Connection, e.Identity);
        details["push"] = e.IsPush;
        return details;
    }
}
