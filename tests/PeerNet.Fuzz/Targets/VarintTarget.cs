using System.Buffers;
using PeerNet.Multiformats;

namespace PeerNet.Fuzz.Targets;

public sealed class VarintTarget : IFuzzTarget
{
    public static string Name => "varint";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var status = Varint.TryRead(data, out var value, out var consumed);
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(data.ToArray()));
        Oracle.Require(Varint.TryRead(ref reader, out var same) == status && same == value && reader.Consumed == consumed, "span and sequence agree");
        if (status != OperationStatus.Done)
        {
            Oracle.Require(value == 0 && consumed == 0, "nothing is taken from a bad varint");
            Oracle.Require(status != OperationStatus.NeedMoreData || data.Length < Varint.MaxBytes, "nine bytes decide");
            return;
        }

        Span<byte> again = stackalloc byte[Varint.MaxBytes];
        var written = Varint.Write(again, value);
        Oracle.Require(written == Varint.Length(value), "Length tells what Write writes");
        Oracle.RequireEqual(data[..consumed], again[..written], "an accepted varint is the only spelling of its value");
    }
}
