using System.Text;

namespace PeerNet.Testing.Interop;

/// <summary>The last lines that a program logged. Safe for concurrent use.</summary>
public sealed class LogTail
{
    private const int MaxLines = 60;
    private const int MaxLineCharacters = 1000;

    private readonly Queue<string> _lines = new();

    /// <summary>Appends one line, cut to a sensible length.</summary>
    public void Add(string line)
    {
        lock (_lines)
        {
            if (_lines.Count == MaxLines)
                _lines.Dequeue();
            _lines.Enqueue(line.Length <= MaxLineCharacters ? line : line[..MaxLineCharacters] + "...");
        }
    }

    /// <summary>Reads a stream to its end, keeping its last lines.</summary>
    public async Task ReadAsync(Stream stream)
    {
        await foreach (var line in LineReader.ReadAsync(stream))
            Add(Encoding.UTF8.GetString(line.Span));
    }

    /// <summary>The lines, oldest first.</summary>
    public override string ToString()
    {
        lock (_lines)
            return string.Join('\n', _lines);
    }
}
