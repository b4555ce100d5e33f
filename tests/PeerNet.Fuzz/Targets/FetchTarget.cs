using PeerNet.Core.Errors;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Fetch;
using PeerNet.Testing.Streams;

namespace PeerNet.Fuzz.Targets;

/// <summary>A server and a client of fetch in front of any bytes: an answer or a reset, never anything else.</summary>
public sealed class FetchTarget : IFuzzTarget
{
    private const int MaxValueBytes = 1000;

    public static string Name => "fetch";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var bytes = data.ToArray();
        Serve(bytes).GetAwaiter().GetResult();
        Ask(bytes).GetAwaiter().GetResult();
    }

    private static async Task Serve(byte[] bytes)
    {
        var pair = new PeerStreamPair(FetchProtocol.Id, windowBytes: 16 << 20);
        var lookups = new FetchLookups();
        using var registration = lookups.Add("/"u8, (key, _) => new((ReadOnlyMemory<byte>?)key));
        await pair.Dialer.WriteAsync(bytes);
        await pair.Dialer.CloseWriteAsync();
        try
        {
            await FetchExchange.RespondAsync(pair.Listener, lookups, MaxValueBytes, default);
        }
        catch (ProtocolViolationException)
        {
            return;
        }

        await pair.Listener.DisposeAsync();
        using var reader = new FrameReader(pair.Dialer);
        Frame frame;
        do
            frame = await reader.ReadAsync(FetchProtocol.MaxRequestBytes + 64);
        while (frame.IsMessage);
        Oracle.Require(frame.IsEnd, "answers are whole frames");
    }

    private static async Task Ask(byte[] bytes)
    {
        var pair = new PeerStreamPair(FetchProtocol.Id, windowBytes: 16 << 20);
        await pair.Listener.WriteAsync(bytes);
        await pair.Listener.CloseWriteAsync();
        try
        {
            var value = await FetchExchange.FetchAsync(pair.Dialer, "/k"u8.ToArray(), MaxValueBytes, default);
            Oracle.Require((value?.Length ?? 0) <= MaxValueBytes + 64, "the value is bounded");
        }
        catch (PeerNetException)
        {
            // The peer's bytes are no answer: that is the other outcome.
        }
    }
}
