namespace PeerNet.Swarm.Gating;

/// <summary>Keeps the gater's rules over restarts.</summary>
public interface IGaterStore
{
    /// <summary>The rules as last saved; empty rules when there are none.</summary>
    GaterRules Load();

    /// <summary>Replaces the saved rules, wholly or not at all.</summary>
    void Save(GaterRules rules);
}
