using System.Buffers;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>What a negotiation ended with.</summary>
/// <param name="Protocol">The protocol agreed on.</param>
/// <param name="Leftover">Bytes that the peer sent behind its last negotiation frame: the first ones of the application. The caller releases it.</param>
internal readonly record struct NegotiationOutcome(ProtocolId Protocol, BufferSlice Leftover);

/// <summary>Moves the bytes of the two machines. Deadlines are the caller's: they come with the token.</summary>
internal static class MultistreamDriver
{
    // Room for the header and a name of ordinary length; the writer grows for longer ones.
    private const int OutputBytes = 96;

    /// <summary>Proposes until the peer agrees.</summary>
    /// <exception cref="NegotiationException">It never does, or breaks the protocol.</exception>
    public static async ValueTask<NegotiationOutcome> DialAsync<TCarrier>(TCarrier carrier, IReadOnlyList<ProtocolId> proposals, CancellationToken token)
        where TCarrier : struct, INegotiationCarrier
    {
        var machine = new MultistreamDialer(proposals);
        var output = new ArrayBufferWriter<byte>(OutputBytes);
        var leftover = default(BufferSlice);
        while (true)
        {
            if (machine.TryTransmit(output))
            {
                await carrier.SendAsync(output.WrittenMemory, token).ConfigureAwait(false);
                output.ResetWrittenCount();
            }

            if (machine.Agreed is { } agreed)
                return new NegotiationOutcome(agreed, leftover);
            var slice = await carrier.ReceiveAsync(token).ConfigureAwait(false);
            if (slice.IsEmpty)
            {
                machine.HandleEnd();
                throw machine.Failure!;
            }

            var status = machine.Receive(slice.Span, out var consumed);
            if (status == OperationStatus.Done)
                leftover = Rest(slice, consumed);
            else
                slice.Release();
            if (status == OperationStatus.InvalidData)
                throw machine.Failure!;
        }
    }

    /// <summary>Answers until the peer proposes something supported.</summary>
    /// <param name="carrier">What to negotiate on.</param>
    /// <param name="isSupported">Whether a protocol is served.</param>
    /// <param name="greet">
    /// Completes when the header is to be sent although the peer has said nothing; null waits for the peer's first bytes however long it takes.
    /// </param>
    /// <param name="token">Carries the deadline.</param>
    /// <exception cref="NegotiationException">The peer proposes nothing supported, or breaks the protocol.</exception>
    public static async ValueTask<NegotiationOutcome> ListenAsync<TCarrier>(
        TCarrier carrier, Func<ProtocolId, bool> isSupported, Task? greet, CancellationToken token)
        where TCarrier : struct, INegotiationCarrier
    {
        var machine = new MultistreamListener(isSupported);
        var output = new ArrayBufferWriter<byte>(OutputBytes);
        while (true)
        {
            BufferSlice slice;
            if (greet is null)
            {
                slice = await carrier.ReceiveAsync(token).ConfigureAwait(false);
            }
            else
            {
                slice = await GreetAsync(carrier, machine, output, greet, token).ConfigureAwait(false);
                greet = null;
            }

            if (slice.IsEmpty)
            {
                machine.HandleEnd();
                throw machine.Failure!;
            }

            var status = machine.Receive(slice.Span, out var consumed);
            var leftover = default(BufferSlice);
            if (status == OperationStatus.Done)
                leftover = Rest(slice, consumed);
            else
                slice.Release();
            if (machine.TryTransmit(output))
            {
                await AnswerAsync(carrier, output, status == OperationStatus.Done, token).ConfigureAwait(false);
                output.ResetWrittenCount();
            }

            if (status == OperationStatus.Done)
                return new NegotiationOutcome(machine.Agreed!.Value, leftover);
            if (status == OperationStatus.InvalidData)
                throw machine.Failure!;
        }
    }

    private static async ValueTask<BufferSlice> GreetAsync<TCarrier>(
        TCarrier carrier, MultistreamListener machine, ArrayBufferWriter<byte> output, Task greet, CancellationToken token)
        where TCarrier : struct, INegotiationCarrier
    {
        var receive = carrier.ReceiveAsync(token).AsTask();
        await Task.WhenAny(receive, greet).ConfigureAwait(false);
        if (!receive.IsCompleted && greet.IsCompletedSuccessfully && machine.TryTransmit(output))
        {
            await AnswerAsync(carrier, output, true, token).ConfigureAwait(false);
            output.ResetWrittenCount();
        }

        return await receive.ConfigureAwait(false);
    }

    private static async ValueTask AnswerAsync<TCarrier>(TCarrier carrier, ArrayBufferWriter<byte> output, bool mayFail, CancellationToken token)
        where TCarrier : struct, INegotiationCarrier
    {
        try
        {
            await carrier.SendAsync(output.WrittenMemory, token).ConfigureAwait(false);
        }
        catch (PeerNetException) when (mayFail)
        {
            // A dialer that fires and forgets may be gone already; what it sent is there to be read, and reading tells if it is not.
        }
    }

    private static BufferSlice Rest(BufferSlice slice, int consumed)
    {
        if (consumed < slice.Length)
            return slice.Advance(consumed);
        slice.Release();
        return default;
    }
}
