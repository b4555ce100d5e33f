namespace PeerNet.Cli.Views;

/// <summary>Shows a running node until the token is cancelled.</summary>
internal interface IRunView
{
    Task ShowAsync(CancellationToken token);
}
