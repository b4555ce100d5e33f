using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Identify.Messages;

namespace PeerNet.Benchmarks;

/// <summary>What a message costs before and while it is parsed: the guard's walk, the parser, and the guard on a hostile message.</summary>
internal static class WireBenchmarks
{
    private const int Times = 200_000;

    public static async Task RunAsync(string[] arguments)
    {
        var bytes = Message().ToByteArray();
        var hostile = new byte[4 << 20];
        for (var i = 0; i < hostile.Length; i += 2)
            hostile[i] = 0x12;
        var parser = IdentifyMessage.Parser.WithDiscardUnknownFields(true);
        for (var round = 0; round < 3; round++)
        {
            await ReportAsync($"guard, {bytes.Length} bytes", Times, () => _ = MessageGuard.Check(bytes, IdentifyProtocol.FrameShape));
            await ReportAsync($"parser, {bytes.Length} bytes", Times, () => _ = parser.ParseFrom(bytes));
            await ReportAsync("guard, 4 MiB of empty entries", Times, () => _ = MessageGuard.Check(hostile, IdentifyProtocol.FrameShape));
        }
    }

    private static IdentifyMessage Message()
    {
        var message = new IdentifyMessage { PublicKey = ByteString.CopyFrom(new byte[36]), AgentVersion = ByteString.CopyFromUtf8("peernet/1") };
        for (var i = 0; i < 10; i++)
            message.ListenAddrs.Add(ByteString.CopyFrom(4, 10, 0, 0, 1, 6, 0x0f, (byte)i));
        for (var i = 0; i < 20; i++)
            message.Protocols.Add(ByteString.CopyFromUtf8($"/a/protocol/of/ordinary/length/{i}"));
        return message;
    }

    private static async Task ReportAsync(string name, int times, Action work)
    {
        var sample = await Sample.OfAsync(() =>
        {
            for (var i = 0; i < times; i++)
                work();
            return Task.CompletedTask;
        }).ConfigureAwait(false);
        Console.WriteLine($"{name}: {sample.Cpu.TotalNanoseconds / times:F0} ns CPU, {(double)sample.AllocatedBytes / times:F0} B");
    }
}
