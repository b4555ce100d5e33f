using System.Diagnostics.CodeAnalysis;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Records;

/// <summary><c>/ipns/</c> and a peer id: the value is an <see cref="IpnsRecord"/> that the id's key signed and that has not ended.</summary>
public sealed class IpnsValidator : IRecordValidator
{
    /// <summary>The namespace.</summary>
    public const string Scope = "ipns";

    /// <inheritdoc />
    public string Namespace => Scope;

    /// <inheritdoc />
    public bool TryValidate(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, DateTimeOffset now, [NotNullWhen(false)] out string? error)
    {
        if (!ValueKey.TrySplit(key, out var scope, out var rest) || scope != Scope || !PeerId.TryDecode(rest.Span, out var name))
        {
            error = "the key is not /ipns/ and a peer id";
            return false;
        }

        if (!IpnsRecord.TryVerify(name, value, out var record, out error))
            return false;
        if (record.ValidUntil > now)
            return true;
        error = $"the record ended at {record.ValidUntil:u}";
        return false;
    }

    /// <inheritdoc />
    /// <remarks>A value that does not parse is worse than any that does: one bad copy does not spoil the choice.</remarks>
    public int Compare(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right)
    {
        var isLeft = IpnsRecord.TryRead(left, out var leftRecord);
        var isRight = IpnsRecord.TryRead(right, out var rightRecord);
        return isLeft && isRight ? leftRecord!.CompareTo(rightRecord!) : isLeft.CompareTo(isRight);
    }
}
