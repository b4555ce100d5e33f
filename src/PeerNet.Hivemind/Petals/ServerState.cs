namespace PeerNet.Hivemind.Petals;

/// <summary>What a server does.</summary>
public enum ServerState
{
    /// <summary>It has left.</summary>
    Offline = 0,

    /// <summary>It loads its blocks.</summary>
    Joining = 1,

    /// <summary>It serves.</summary>
    Online = 2,
}
