namespace PeerNet.Hivemind.Averaging;

/// <summary>What a message of matchmaking or of all-reduce says.</summary>
internal enum AveragingCode
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The follower is in the leader's group and commits itself to it.</summary>
    Accepted = 2,

    /// <summary>The group is whole.</summary>
    BeginAllReduce = 3,

    /// <summary>A part of the sender's tensors.</summary>
    PartForAveraging = 4,

    /// <summary>How far the average is from the sender's part.</summary>
    AveragedPart = 5,

    /// <summary>The peer has not announced itself yet.</summary>
    NotDeclared = 6,

    /// <summary>The peer follows another one.</summary>
    NotALeader = 7,

    /// <summary>The peer begins later than the follower would.</summary>
    BadExpirationTime = 8,

    /// <summary>The tensors have other shapes or types.</summary>
    BadSchemaHash = 9,

    /// <summary>The peer is in no such group.</summary>
    BadGroupId = 10,

    /// <summary>The follower is in the group already.</summary>
    DuplicatePeerId = 11,

    /// <summary>The group has its size.</summary>
    GroupIsFull = 12,

    /// <summary>The peer looks for no group now.</summary>
    NotLookingForGroup = 13,

    /// <summary>The message breaks the protocol.</summary>
    ProtocolViolation = 14,

    /// <summary>The peer failed.</summary>
    InternalError = 15,

    /// <summary>The peer takes no part any more.</summary>
    Cancelled = 16,

    /// <summary>The group is closed.</summary>
    GroupDisbanded = 17,

    /// <summary>The peer looks for a group under another key.</summary>
    BadGroupKey = 18,
}
