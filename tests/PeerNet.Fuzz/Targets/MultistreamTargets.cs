using System.Buffers;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core;
using PeerNet.Core.Errors;

namespace PeerNet.Fuzz.Targets;

/// <summary>What a listener answers to a dialer: the outcome and the count of bytes do not depend on how the input is cut.</summary>
internal sealed class MultistreamListenerTarget : IFuzzTarget
{
    public static string Name => "multistream-listener";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var whole = Run(data, int.MaxValue);
        var bytewise = Run(data, 1);
        Oracle.Require(whole.Agreed == bytewise.Agreed && whole.Failed == bytewise.Failed, "cuts do not change the outcome");
        Oracle.Require(whole.Agreed is null || whole.Consumed == bytewise.Consumed, "cuts do not change where the application begins");
        Oracle.RequireEqual(whole.Output, bytewise.Output, "cuts do not change the answers");
        Oracle.Require(whole.Output.Length <= 20 + (MultistreamProtocol.MaxProposals * 4) + MultistreamProtocol.MaxFrameBytes, "answers are bounded");
    }

    private static Outcome Run(ReadOnlySpan<byte> data, int piece)
    {
        var machine = new MultistreamListener(id => id.Value.Length < 8);
        var output = new ArrayBufferWriter<byte>();
        var consumed = 0;
        while (consumed < data.Length && machine.Agreed is null && machine.Failure is null)
        {
            machine.Receive(data.Slice(consumed, Math.Min(piece, data.Length - consumed)), out var taken);
            machine.TryTransmit(output);
            Oracle.Require(machine.Failure is not null || taken > 0, "input is taken while the negotiation goes on");
            consumed += taken;
        }

        return new Outcome(machine.Agreed, machine.Failure is not null, consumed, output.WrittenSpan.ToArray());
    }

    private sealed record Outcome(ProtocolId? Agreed, bool Failed, int Consumed, byte[] Output);
}

/// <summary>How a dialer takes a listener's answers.</summary>
internal sealed class MultistreamDialerTarget : IFuzzTarget
{
    private static readonly ProtocolId[] Proposals = ["/noise", "/tls/1.0.0", "/a"];

    public static string Name => "multistream-dialer";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var whole = Run(data, int.MaxValue);
        var bytewise = Run(data, 1);
        Oracle.Require(whole == bytewise, "cuts do not change the outcome");
        Oracle.Require(whole.Agreed is not { } agreed || Proposals.Contains(agreed), "only what was proposed is agreed on");
    }

    private static (ProtocolId? Agreed, NegotiationFailure? Failure, int Consumed) Run(ReadOnlySpan<byte> data, int piece)
    {
        var machine = new MultistreamDialer(Proposals);
        var output = new ArrayBufferWriter<byte>();
        machine.TryTransmit(output);
        var consumed = 0;
        while (consumed < data.Length && machine.Agreed is null && machine.Failure is null)
        {
            machine.Receive(data.Slice(consumed, Math.Min(piece, data.Length - consumed)), out var taken);
            machine.TryTransmit(output);
            consumed += taken;
        }

        return (machine.Agreed, machine.Failure?.Reason, machine.Agreed is null ? 0 : consumed);
    }
}
