namespace PeerNet.Cli;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    /// <summary>It worked.</summary>
    public const int Done = 0;

    /// <summary>It was understood, and failed.</summary>
    public const int Failed = 1;

    /// <summary>A flag, an address, a key file or a configured value is malformed.</summary>
    public const int BadInput = 2;

    /// <summary>Ended by Ctrl-C before it was done, as shells count it.</summary>
    public const int Interrupted = 130;
}

/// <summary>Bad input: one line naming what and where, with the expected form. The process ends with <see cref="ExitCodes.BadInput"/>.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(string message)
        : base(message)
    {
    }
}
