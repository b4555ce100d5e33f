namespace PeerNet.Fuzz;

/// <summary>Makes new inputs out of a corpus. The same seed and iteration always make the same input.</summary>
public sealed class Mutator
{
    // Long enough for a frame of most protocols with a length prefix, short enough to keep an iteration in microseconds.
    private const int MaxInputBytes = 4096;
    private const int MaxSteps = 6;

    private static readonly byte[][] Interesting =
    [
        [0x00], [0x01], [0x7f], [0x80], [0xff], [0x80, 0x00], [0x80, 0x01], [0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff],
        [0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        "/"u8.ToArray(), "//"u8.ToArray(), "%"u8.ToArray(), ":"u8.ToArray(), "\0"u8.ToArray(), "\n"u8.ToArray(), "\ud7ff"u8.ToArray(), "1"u8.ToArray(), "="u8.ToArray(),
    ];

    private readonly IReadOnlyList<byte[]> _corpus;
    private readonly int _seed;

    public Mutator(IReadOnlyList<byte[]> corpus, int seed)
    {
        _corpus = corpus.Count > 0 ? corpus : [[]];
        _seed = seed;
    }

    public byte[] Make(int iteration)
    {
        // Seeded per iteration: one finding is replayed without running those before it.
        var random = new Random(unchecked((_seed * 16_777_619) ^ (iteration * 486_187_739)));
        var input = new List<byte>(_corpus[random.Next(_corpus.Count)]);
        for (var step = random.Next(1, MaxSteps + 1); step > 0; step--)
            Mutate(input, random);
        if (input.Count > MaxInputBytes)
            input.RemoveRange(MaxInputBytes, input.Count - MaxInputBytes);
        return [.. input];
    }

    private void Mutate(List<byte> input, Random random)
    {
        var at = random.Next(input.Count + 1);
        var run = Math.Min(random.Next(1, 9), input.Count - at);
        switch (random.Next(8))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = (byte)random.Next(256);
                break;
            case 2:
                input.Insert(at, (byte)random.Next(256));
                break;
            case 3:
                input.RemoveRange(at, run);
                break;
            case 4:
                input.RemoveRange(at, input.Count - at);
                break;
            case 5:
                input.InsertRange(at, Interesting[random.Next(Interesting.Length)]);
                break;
            case 6:
                input.InsertRange(random.Next(input.Count + 1), input.GetRange(at, run));
                break;
            default:
                var other = _corpus[random.Next(_corpus.Count)];
                input.RemoveRange(at, input.Count - at);
                input.AddRange(other.AsSpan(random.Next(other.Length + 1)));
                break;
        }
    }
}
