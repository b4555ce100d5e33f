using System.Buffers;
using System.IO.Pipelines;

namespace PeerNet.Testing.Interop;

/// <summary>Cuts a byte stream at its line feeds.</summary>
internal static class LineReader
{
    /// <summary>More than the longest reply (a dump of a full store, or 8 MiB read from a stream, in hex).</summary>
    private const int MaxLineBytes = 32 * 1024 * 1024;

    /// <summary>Yields each line without its line feed; the memory is valid until the next one is asked for.</summary>
    /// <exception cref="InvalidDataException">A line is longer than any peer writes.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(Stream stream)
    {
        var reader = PipeReader.Create(stream);
        while (true)
        {
            var read = await reader.ReadAsync();
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                yield return Whole(buffer.Slice(0, end));
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            if (read.IsCompleted)
            {
                if (!buffer.IsEmpty)
                    yield return Whole(buffer);
                await reader.CompleteAsync();
                yield break;
            }

            if (buffer.Length > MaxLineBytes)
                throw new InvalidDataException($"A line of more than {MaxLineBytes} bytes.");
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static ReadOnlyMemory<byte> Whole(ReadOnlySequence<byte> line) => line.IsSingleSegment ? line.First : line.ToArray();
}
