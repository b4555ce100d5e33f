using PeerNet.Core.Wire;
using PeerNet.Protocols.Identify;
using PeerNet.Testing.Streams;

namespace PeerNet.Fuzz.Targets;

/// <summary>A whole identify stream: bounded whatever comes, the same however it is cut, and what was read is written and read again.</summary>
public sealed class IdentifyTarget : IFuzzTarget
{
    public static string Name => "identify";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var bytes = data.ToArray();
        var (info, fault) = Read(new ChunkedStream(bytes));
        Oracle.Require(fault.Kind == Read(ChunkedStream.OneByOne(bytes)).Fault.Kind, "cuts do not matter");
        if (!fault.IsNone)
            return;
        Oracle.Require(info.ListenAddresses.Count <= IdentifyProtocol.MaxAddresses && info.Protocols.Count <= IdentifyProtocol.MaxProtocols, "the lists are bounded");
        Oracle.Require((info.AgentVersion?.Length ?? 0) <= IdentifyProtocol.MaxVersionLength, "the versions are bounded");
        Oracle.Require(info.AgentVersion?.Any(char.IsControl) != true, "the versions are clean");

        using var writer = new FrameWriter();
        IdentifyEncoder.Write(writer, info);
        var (again, second) = Read(new ChunkedStream(writer.Written.ToArray()));
        Oracle.Require(second.IsNone, "what was read can be written");
        Oracle.Require(again.ObservedAddress == info.ObservedAddress && again.AgentVersion == info.AgentVersion, "and reads the same");
    }

    private static (IdentifyInfo Info, IdentifyFault Fault) Read(ChunkedStream stream)
        => IdentifyReader.ReadAsync(stream, PeerStreamPair.DialerKey.PeerId, keyRequired: false, default).AsTask().GetAwaiter().GetResult();
}
