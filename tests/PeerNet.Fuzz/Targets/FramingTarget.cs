using PeerNet.Core.Wire;
using PeerNet.Testing.Streams;

namespace PeerNet.Fuzz.Targets;

/// <summary>Length-prefixed frames: however the bytes are cut, the same messages and the same end; and what was read writes the same bytes.</summary>
public sealed class FramingTarget : IFuzzTarget
{
    private const int MaxBytes = 300;

    public static string Name => "framing";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var bytes = data.ToArray();
        var whole = Read(new ChunkedStream(bytes));
        var pieces = Read(ChunkedStream.OneByOne(bytes));
        Oracle.Require(whole.End == pieces.End && whole.Messages.Count == pieces.Messages.Count, "cuts do not matter");
        using var writer = new FrameWriter();
        for (var i = 0; i < whole.Messages.Count; i++)
        {
            Oracle.RequireEqual(whole.Messages[i], pieces.Messages[i], "cuts do not matter");
            Oracle.Require(whole.Messages[i].Length <= MaxBytes, "the cap holds");
            writer.Append(whole.Messages[i]);
        }

        Oracle.RequireEqual(writer.Written.Span, data[..writer.Written.Length], "the messages write the same bytes");
        Oracle.Require(whole.End != FrameStatus.End || writer.Written.Length == data.Length, "a clean end leaves nothing over");
    }

    private static (List<byte[]> Messages, FrameStatus End) Read(ChunkedStream stream)
    {
        using var reader = new FrameReader(stream);
        var messages = new List<byte[]>();
        while (true)
        {
            // The stream never waits: the call has ended when it returns.
            var frame = reader.ReadAsync(MaxBytes).AsTask().GetAwaiter().GetResult();
            if (!frame.IsMessage)
                return (messages, frame.Status);
            messages.Add(frame.Message.ToArray());
        }
    }
}
