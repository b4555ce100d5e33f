namespace PeerNet.Cli.Views;

/// <summary>Says on one line of the terminal what is going on, once it has taken a second.</summary>
internal sealed class Progress : IAsyncDisposable
{
    private readonly CancellationTokenSource _done = new();
    private readonly TextWriter _error;
    private readonly Task _showing;
    private string _what;

    private Progress(TextWriter error, string what, bool visible)
    {
        _error = error;
        _what = what;
        _showing = visible ? ShowAsync() : Task.CompletedTask;
    }

    public static Progress Start(TextWriter error, string what, bool visible) => new(error, what, visible);

    /// <summary>Replaces what is said.</summary>
    public void Say(string what) => _what = what;

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _showing;
        _done.Dispose();
    }

    private async Task ShowAsync()
    {
        var shown = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        var seconds = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(_done.Token))
            {
                var line = $"{_what} … {++seconds} s";
                await _error.WriteAsync("\r" + line.PadRight(shown));
                shown = line.Length;
            }
        }
        catch (OperationCanceledException)
        {
            if (shown > 0)
                await _error.WriteAsync("\r" + new string(' ', shown) + "\r");
        }
    }
}
