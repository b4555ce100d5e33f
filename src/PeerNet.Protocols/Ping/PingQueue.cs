using PeerNet.Identity;

namespace PeerNet.Protocols.Ping;

/// <summary>
/// Lets one caller in for each peer; the others wait their turn. A peer nobody waits for costs nothing. Thread-safe.
/// </summary>
internal sealed class PingQueue
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, Turn> _turns = [];

    /// <summary>Peers that are pinged or waited for.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _turns.Count;
        }
    }

    /// <summary>Waits for the peer's turn; disposing the result, once, gives it on.</summary>
    public async ValueTask<IDisposable> EnterAsync(PeerId peer, CancellationToken token)
    {
        Turn? turn;
        lock (_lock)
        {
            if (!_turns.TryGetValue(peer, out turn))
                _turns.Add(peer, turn = new Turn(this, peer));
            turn.Users++;
        }

        try
        {
            await turn.Gate.WaitAsync(token).ConfigureAwait(false);
        }
        catch
        {
            Leave(turn);
            throw;
        }

        return turn;
    }

    private void Leave(Turn turn)
    {
        lock (_lock)
        {
            if (--turn.Users > 0)
                return;
            _turns.Remove(turn.Peer);
        }

        turn.Gate.Dispose();
    }

    private sealed class Turn(PingQueue queue, PeerId peer) : IDisposable
    {
        public PeerId Peer => peer;

        public SemaphoreSlim Gate { get; } = new(1);

        /// <summary>The holder and those who wait; guarded by the queue's lock.</summary>
        public int Users { get; set; }

        public void Dispose()
        {
            Gate.Release();
            queue.Leave(this);
        }
    }
}
