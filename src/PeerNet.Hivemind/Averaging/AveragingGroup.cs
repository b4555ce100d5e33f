using PeerNet.Identity;

namespace PeerNet.Hivemind.Averaging;

/// <summary>A group that is whole. Immutable.</summary>
/// <param name="Id">Its id, random and known to its members alone.</param>
/// <param name="Leader">Who put it together.</param>
/// <param name="Members">Its members, in the order of their shares.</param>
/// <param name="Gathered">What each gives to all, in the same order.</param>
internal sealed record AveragingGroup(ReadOnlyMemory<byte> Id, PeerId Leader, IReadOnlyList<PeerId> Members, IReadOnlyList<ReadOnlyMemory<byte>> Gathered)
{
    public int IndexOf(PeerId peer)
    {
        for (var i = 0; i < Members.Count; i++)
        {
            if (Members[i] == peer)
                return i;
        }

        return -1;
    }
}
