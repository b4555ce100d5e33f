namespace PeerNet.Testing.Nodes;

/// <summary>Waits for what other tasks bring about, without a sleep: it yields to them until the condition holds.</summary>
public static class Eventually
{
    // A clock that is moved at every look would run far ahead of the tasks that it is moved for.
    private const int LooksPerStep = 100;

    /// <summary>Yields until <paramref name="condition"/> holds; the token is the deadline.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="token">Ends the wait with an error.</param>
    /// <param name="meanwhile">Done now and then between two looks: moving a clock, as a rule.</param>
    public static async Task IsTrueAsync(Func<bool> condition, CancellationToken token, Action? meanwhile = null)
    {
        for (var look = 1; !condition(); look++)
        {
            token.ThrowIfCancellationRequested();
            if (look % LooksPerStep == 0)
                meanwhile?.Invoke();
            await Task.Yield();
        }
    }
}
