using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using PeerNet.Core.Wire;

namespace PeerNet.Protocols.Wire;

/// <summary>Generated messages in and out of frames: parsed only after <see cref="MessageGuard"/> let their bytes pass.</summary>
internal static class ProtobufMessage
{
    /// <summary>
    /// Parses a peer's message. Never throws on a peer's bytes. <paramref name="parser"/> discards unknown fields, so that they cost nothing
    /// once they were walked over.
    /// </summary>
    public static bool TryParse<T>(
        MessageParser<T> parser,
        ReadOnlySpan<byte> bytes,
        MessageShape shape,
        [NotNullWhen(true)] out T? message,
        out MessageFault fault)
        where T : class, IMessage<T>
    {
        message = null;
        fault = MessageGuard.Check(bytes, shape);
        if (!fault.IsNone)
            return false;
        try
        {
            message = parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            fault = new MessageFault(MessageFaultKind.Unparsable, 0);
            return false;
        }
    }

    /// <summary>Adds a message as a frame, without a copy in between.</summary>
    public static void Append(this FrameWriter writer, IMessage message) => message.WriteTo(writer.Append(message.CalculateSize()));
}
