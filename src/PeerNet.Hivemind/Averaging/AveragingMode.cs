namespace PeerNet.Hivemind.Averaging;

/// <summary>How a member takes part in averaging; the numbers are those on the wire.</summary>
public enum AveragingMode
{
    /// <summary>It gives tensors and averages a share of them for all.</summary>
    Node = 0,

    /// <summary>It gives tensors and leaves the averaging to the others: nobody can call it.</summary>
    Client = 1,

    /// <summary>It averages for the others; its own tensors come without weight.</summary>
    Auxiliary = 2,
}
