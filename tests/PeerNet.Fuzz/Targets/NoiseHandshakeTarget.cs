using PeerNet.Connections.Security.Noise;
using PeerNet.Core.Buffers;
using PeerNet.Identity;

namespace PeerNet.Fuzz.Targets;

/// <summary>
/// Handshake messages from a peer: the first byte says which one, the rest is XORed over the honest one, so that mutations stay close to
/// what verifies. Both ends' keys are fixed; nothing but the honest message may be accepted.
/// </summary>
public sealed class NoiseHandshakeTarget : IFuzzTarget
{
    private static readonly BufferPool Pool = new();
    private static readonly NoiseStaticKey Initiator = Key(1);
    private static readonly NoiseStaticKey Responder = Key(2);
    private static readonly byte[][] Honest = Record();

    public static string Name => "noise-handshake";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        var number = (data[0] % 3) + 1;
        var honest = Honest[number - 1];
        var message = new byte[data[0] < 128 ? honest.Length : data.Length - 1];
        honest.AsSpan(0, Math.Min(honest.Length, message.Length)).CopyTo(message);
        for (var i = 0; i < Math.Min(message.Length, data.Length - 1); i++)
            message[i] ^= data[i + 1];
        var isHonest = message.AsSpan().SequenceEqual(honest);
        using var us = Start(isInitiator: number == 2);
        var accepted = number switch
        {
            1 => us.TryConsumeMessage1(message),
            2 => Consume2(us, message),
            _ => Consume3(us, message),
        };
        Oracle.Require(number == 1 ? accepted == (message.Length == NoiseHandshake.Message1Bytes) : accepted == isHonest, "only what the peer made verifies");
    }

    private static bool Consume2(NoiseHandshake us, byte[] message)
    {
        us.CreateMessage1(new byte[NoiseHandshake.Message1Bytes]);
        return us.TryConsumeMessage2(message, out _);
    }

    private static bool Consume3(NoiseHandshake us, byte[] message)
    {
        var made = us.TryConsumeMessage1(Honest[0].ToArray()) && us.TryCreateMessage2([], new byte[NoiseHandshake.Message2Overhead], out _);
        Oracle.Require(made, "an honest start works");
        return us.TryConsumeMessage3(message, out _);
    }

    private static byte[][] Record()
    {
        using var initiator = Start(isInitiator: true);
        using var responder = Start(isInitiator: false);
        var message1 = new byte[NoiseHandshake.Message1Bytes];
        var message2 = new byte[NoiseHandshake.Message2Overhead];
        var message3 = new byte[NoiseHandshake.Message3Overhead];
        initiator.CreateMessage1(message1);
        responder.TryConsumeMessage1(message1.ToArray());
        responder.TryCreateMessage2([], message2, out _);
        initiator.TryConsumeMessage2(message2.ToArray(), out _);
        initiator.TryCreateMessage3([], message3, out _);
        return [message1, message2, message3];
    }

    private static NoiseHandshake Start(bool isInitiator)
        => new(isInitiator, isInitiator ? Initiator : Responder, Pool, ephemeral: Secret(isInitiator ? (byte)3 : (byte)4));

    private static NoiseStaticKey Key(byte seed)
    {
        using var identity = PrivateKey.FromEd25519Seed(Secret(seed));
        return new NoiseStaticKey(identity, Secret(seed));
    }

    private static byte[] Secret(byte seed) => [.. Enumerable.Repeat(seed, 32)];
}
