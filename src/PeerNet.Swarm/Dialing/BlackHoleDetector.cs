namespace PeerNet.Swarm.Dialing;

/// <summary>
/// Notices that a whole class of addresses leads nowhere from this machine, such as UDP behind a firewall or IPv6 without a route: when of
/// the last hundred dials fewer than five succeeded, only one in a hundred is let through as a probe until one succeeds. go-libp2p's rule.
/// Pure; not thread-safe.
/// </summary>
internal sealed class BlackHoleDetector
{
    /// <summary>Implementation limit, go's: dials looked at.</summary>
    public const int Window = 100;

    /// <summary>Implementation limit, go's: successes that show a way.</summary>
    public const int MinSuccesses = 5;

    private readonly bool[] _outcomes = new bool[Window];
    private int _seen;
    private int _next;
    private int _successes;
    private int _asked;

    /// <summary>Whether the class is taken for a black hole.</summary>
    public bool IsBlocked => _seen == Window && _successes < MinSuccesses;

    /// <summary>Whether a dial may go ahead. While blocked, one in <see cref="Window"/> may.</summary>
    public bool AllowDial()
    {
        if (!IsBlocked)
            return true;
        if (++_asked < Window)
            return false;
        _asked = 0;
        return true;
    }

    /// <summary>A dial ended.</summary>
    public void Record(bool succeeded)
    {
        if (succeeded && IsBlocked)
        {
            // A way has opened: forget what was, and look anew.
            _seen = _next = _successes = _asked = 0;
        }

        if (_seen == Window)
            _successes -= _outcomes[_next] ? 1 : 0;
        else
            _seen++;
        _outcomes[_next] = succeeded;
        _successes += succeeded ? 1 : 0;
        _next = (_next + 1) % Window;
    }
}
