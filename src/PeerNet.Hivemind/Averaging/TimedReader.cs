namespace PeerNet.Hivemind.Averaging;

/// <summary>
/// Reads messages of a stream call with a deadline for each. A reader whose deadline passes cancels the call. One reader at a time.
/// </summary>
internal sealed class TimedReader<T> : IAsyncDisposable
    where T : class
{
    private readonly CancellationTokenSource _ending;
    private readonly CancellationToken _token;
    private readonly IAsyncEnumerator<T> _messages;
    private readonly ITimer _timer;
    private TimeSpan _timeout = Timeout.InfiniteTimeSpan;

    public TimedReader(IAsyncEnumerable<T> messages, TimeProvider time, CancellationToken token)
    {
        _token = token;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        _messages = messages.GetAsyncEnumerator(_ending.Token);
        _timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), _ending, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets the running wait begin anew: something went on in the other direction.</summary>
    public void Touch() => _timer.Change(_timeout, Timeout.InfiniteTimeSpan);

    /// <summary>Reads the next message; null at the end.</summary>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    public async ValueTask<T?> NextAsync(TimeSpan timeout)
    {
        _timeout = timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero;
        Touch();
        try
        {
            return await _messages.MoveNextAsync().ConfigureAwait(false) ? _messages.Current : null;
        }
        catch (OperationCanceledException) when (!_token.IsCancellationRequested)
        {
            throw new TimeoutException("The next message did not come in time.");
        }
        finally
        {
            _timeout = Timeout.InfiniteTimeSpan;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        await _messages.DisposeAsync().ConfigureAwait(false);
        _ending.Dispose();
    }
}
