using System.Diagnostics.CodeAnalysis;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Petals;

/// <summary>What the registry says of a model.</summary>
/// <param name="BlockCount">How many blocks it has, at least one.</param>
/// <param name="Repository">Where its weights are.</param>
public sealed record ModelInfo(int BlockCount, string? Repository = null)
{
    internal MapValue Encode() => HivemindValue.Map(("num_blocks", BlockCount), ("repository", Repository is null ? HivemindValue.Nil : Repository));

    internal static bool TryDecode(HivemindValue value, [NotNullWhen(true)] out ModelInfo? info)
    {
        info = null;
        if (value is not MapValue map || map["num_blocks"] is not IntegerValue number || !number.IsWithin(1, PetalsProtocol.MaxBlocks, out var count))
            return false;
        var repository = map["repository"];
        if (repository is not (null or NilValue or TextValue { Value.Length: <= PetalsProtocol.MaxTextLength }))
            return false;
        info = new ModelInfo(count, (repository as TextValue)?.Value);
        return true;
    }
}
