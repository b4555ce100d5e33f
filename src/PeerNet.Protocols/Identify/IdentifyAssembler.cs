using System.Text.Unicode;
using Google.Protobuf;
using PeerNet.Core;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify.Messages;
using PeerNet.Protocols.Wire;

namespace PeerNet.Protocols.Identify;

/// <summary>
/// Merges the frames of one message: single values are overwritten, lists appended (specs identify, and what go and js do). A bad entry of a
/// list is left out and the rest kept; a bad frame ends the message. Bounded over all frames. For one message and one thread.
/// </summary>
internal sealed class IdentifyAssembler
{
    private static readonly MessageParser<IdentifyMessage> Parser = IdentifyMessage.Parser.WithDiscardUnknownFields(true);

    private readonly PeerId _sender;
    private readonly List<Multiaddress> _addresses = [];
    private readonly HashSet<Multiaddress> _knownAddresses = [];
    private readonly List<ProtocolId> _protocols = [];
    private readonly HashSet<ProtocolId> _knownProtocols = [];
    private ByteString? _publicKey;
    private ByteString? _observed;
    private ByteString? _protocolVersion;
    private ByteString? _agentVersion;
    private ByteString? _record;
    private int _frames;

    /// <summary>Starts a message of <paramref name="sender"/>, the peer that the connection is secured with.</summary>
    public IdentifyAssembler(PeerId sender) => _sender = sender;

    /// <summary>Frames merged so far.</summary>
    public int Frames => _frames;

    /// <summary>Addresses and protocols that were left out, because they do not parse or because there were too many.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Merges one frame, its length prefix removed.</summary>
    public IdentifyFault Add(ReadOnlySpan<byte> frame)
    {
        if (_frames == IdentifyProtocol.MaxFrames)
            return new IdentifyFault(IdentifyFaultKind.TooManyFrames, "");
        if (!ProtobufMessage.TryParse(Parser, frame, IdentifyProtocol.FrameShape, out var message, out var fault))
            return new IdentifyFault(IdentifyFaultKind.Malformed, fault.ToString());

        _frames++;
        _publicKey = message.HasPublicKey ? message.PublicKey : _publicKey;
        _observed = message.HasObservedAddr ? message.ObservedAddr : _observed;
        _protocolVersion = message.HasProtocolVersion ? message.ProtocolVersion : _protocolVersion;
        _agentVersion = message.HasAgentVersion ? message.AgentVersion : _agentVersion;
        _record = message.HasSignedPeerRecord ? message.SignedPeerRecord : _record;
        foreach (var address in message.ListenAddrs)
            AddAddress(address.Span);
        foreach (var protocol in message.Protocols)
            AddProtocol(protocol.Span);
        return default;
    }

    /// <summary>
    /// Ends the message. A key that is there must be the sender's; one that is missing is a fault where <paramref name="keyRequired"/>.
    /// </summary>
    public IdentifyFault Complete(bool keyRequired, out IdentifyInfo info)
    {
        info = new IdentifyInfo();
        if (_frames == 0)
            return new IdentifyFault(IdentifyFaultKind.Empty, "");
        PublicKey? key = null;
        if (_publicKey is not null && !PublicKey.TryDecode(_publicKey.Span, out key, out _))
            return new IdentifyFault(IdentifyFaultKind.NoKey, "");
        if (key is null && keyRequired)
            return new IdentifyFault(IdentifyFaultKind.NoKey, "");
        if (key is not null && key.PeerId != _sender)
            return new IdentifyFault(IdentifyFaultKind.OtherKey, "");

        info = new IdentifyInfo
        {
            PublicKey = key,
            ListenAddresses = _addresses,
            Protocols = _protocols,
            ObservedAddress = ObservedAddress(),
            ProtocolVersion = Text(_protocolVersion),
            AgentVersion = Text(_agentVersion),
            SignedPeerRecord = _record is { Length: <= IdentifyProtocol.MaxRecordBytes } ? _record.Memory : default,
        };
        return default;
    }

    private static string? Text(ByteString? value) => value is null ? null : PeerText.Clean(value.Span, IdentifyProtocol.MaxVersionLength);

    /// <summary>
    /// js appends this node's id to what it observed; rust sends nothing but an id over a relay. The id is cut off, and nothing left is nothing
    /// observed.
    /// </summary>
    private Multiaddress? ObservedAddress()
    {
        if (_observed is null || !Multiaddress.TryDecode(_observed.Span, out var address))
            return null;
        return address.Components[^1].Code == MultiaddressCodes.P2p ? address.Slice(0, address.Count - 1) : address;
    }

    private void AddAddress(ReadOnlySpan<byte> bytes)
    {
        // An empty entry is nothing; js is known to send them.
        if (bytes.IsEmpty)
            return;
        if (_addresses.Count < IdentifyProtocol.MaxAddresses
            && Multiaddress.TryDecode(bytes, out var address)
            && PeerAddresses.WithoutOwner(address, _sender) is { } bare)
        {
            if (_knownAddresses.Add(bare))
                _addresses.Add(bare);
        }
        else
        {
            LeftOut++;
        }
    }

    private void AddProtocol(ReadOnlySpan<byte> name)
    {
        // What cannot be proposed in multistream-select, where a name ends with its line, is no protocol.
        if (_protocols.Count < IdentifyProtocol.MaxProtocols
            && !name.IsEmpty
            && name.Length <= ProtocolId.MaxBytes
            && name.IndexOfAnyInRange((byte)0x00, (byte)0x1f) < 0
            && Utf8.IsValid(name))
        {
            ProtocolId protocol = System.Text.Encoding.UTF8.GetString(name);
            if (_knownProtocols.Add(protocol))
                _protocols.Add(protocol);
        }
        else
        {
            LeftOut++;
        }
    }
}
