using PeerNet.Core.Errors;

namespace PeerNet.Hivemind.Rpc;

/// <summary>
/// Watches the reading side of a call whose request is complete. Nothing more may come before the answer: an end, a reset and any byte
/// mean that the caller does not want it any more.
/// </summary>
internal static class CallerWatch
{
    /// <summary>Cancels <paramref name="work"/> when the caller goes away.</summary>
    /// <returns>Whether it did; false when the watch was ended by its token.</returns>
    public static async Task<bool> RunAsync(Stream stream, CancellationTokenSource work, CancellationToken token)
    {
        try
        {
            var one = new byte[1];
            _ = await stream.ReadAsync(one, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception error) when (error is PeerNetException or IOException)
        {
            // Gone as well, less politely.
        }

        await work.CancelAsync().ConfigureAwait(false);
        return true;
    }
}
