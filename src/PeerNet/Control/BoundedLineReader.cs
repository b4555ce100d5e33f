using System.Text;

namespace PeerNet.Control;

/// <summary>Reads lines that end somewhere: a driver that sends one without an end cannot fill the memory.</summary>
internal sealed class BoundedLineReader
{
    private readonly TextReader _reader;
    private readonly int _maxChars;
    private readonly char[] _buffer = new char[4096];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;

    public BoundedLineReader(TextReader reader, int maxChars)
    {
        _reader = reader;
        _maxChars = maxChars;
    }

    /// <summary>The next line without its end, or null at the end of the input; a last line without an end counts.</summary>
    /// <exception cref="ControlException">The line is too long; nothing more can be read.</exception>
    public async ValueTask<string?> ReadLineAsync(CancellationToken token)
    {
        _line.Clear();
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await _reader.ReadAsync(_buffer.AsMemory(), token).ConfigureAwait(false);
                if (_end == 0)
                    return _line.Length == 0 ? null : _line.ToString();
            }

            var found = _buffer.AsSpan(_start, _end - _start).IndexOf('\n');
            var take = found < 0 ? _end - _start : found;
            if (_line.Length + take > _maxChars)
                throw new ControlException(ControlErrors.InvalidParameters, $"a line is longer than {_maxChars} characters");
            _line.Append(_buffer, _start, take);
            _start += found < 0 ? take : take + 1;
            if (found >= 0)
                return _line.ToString().TrimEnd('\r');
        }
    }
}
