using PeerNet.Core;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>Names and limits of multistream-select 1.0.0.</summary>
internal static class MultistreamProtocol
{
    // Specification (multiformats/multistream-select; libp2p connections specification, "Multistream-select").

    /// <summary>The token that each side sends first.</summary>
    public static readonly ProtocolId Id = new("/multistream/1.0.0");

    /// <summary>The length of a frame's body, newline included, that go and js accept; rust takes 16 times as much.</summary>
    public const int MaxBodyBytes = 1024;

    // Implementation limits.

    /// <summary>
    /// Proposals that a listener answers on one stream, and a dialer makes. A peer with more protocols in common than this has none in
    /// common; without a limit a dialer could keep a listener busy for ever.
    /// </summary>
    public const int MaxProposals = 100;

    /// <summary>The longest frame: two bytes of length, the body.</summary>
    public const int MaxFrameBytes = 2 + MaxBodyBytes;

    /// <summary>The header as it is sent.</summary>
    public static ReadOnlySpan<byte> HeaderFrame => "\x13/multistream/1.0.0\n"u8;

    /// <summary>The answer to a proposal that is not supported. Also the answer to <c>ls</c>, which nobody uses to discover anything.</summary>
    public static ReadOnlySpan<byte> NotAvailableFrame => "\x03na\n"u8;

    /// <summary>The header without length and newline.</summary>
    public static ReadOnlySpan<byte> HeaderText => HeaderFrame[1..^1];

    /// <summary>The refusal without length and newline.</summary>
    public static ReadOnlySpan<byte> NotAvailableText => NotAvailableFrame[1..^1];
}
