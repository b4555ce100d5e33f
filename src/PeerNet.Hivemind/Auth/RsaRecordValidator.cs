using System.Text;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Auth;

/// <summary>
/// Records that belong to a key: who puts <c>[owner:ssh-rsa ...]</c> into a subkey keeps everybody else from writing there, because the
/// value must carry that key's signature. Records without an owner are taken as they are. Thread-safe.
/// </summary>
public sealed class RsaRecordValidator : IRecordValidator
{
    // Implementation limit: a signature of 8192 bits has 1368 characters.
    private const int MaxSignatureText = 2048;

    private readonly RsaPssSigner _key;
    private readonly byte[] _marker;

    /// <summary>Signs with a key; null makes a fresh one.</summary>
    public RsaRecordValidator(RsaPssSigner? key = null)
    {
        _key = key ?? RsaPssSigner.Generate();
        _marker = Encoding.ASCII.GetBytes($"[owner:{OpenSshKey.ToText(_key.PublicKey)}]");
    }

    /// <summary>This node's owner marker: a subkey of these bytes, or of bytes that contain them, belongs to it.</summary>
    public ReadOnlyMemory<byte> OwnerMarker => _marker;

    /// <summary>The key that signs.</summary>
    internal RsaPssSigner Key => _key;

    /// <inheritdoc />
    public int Priority => 10;

    /// <inheritdoc />
    public bool Validate(DhtRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!TryFindOwner(record, out var owner))
            return false;
        if (owner is null)
            return true;

        // Python fails the whole call on an owner that is no key; here the record alone is refused.
        if (!OpenSshKey.TryParse(owner, out var key) || !TryFindSignature(record.Value.Span, out var signature))
            return false;
        return key.Verify((record with { Value = Strip(record) }).ToSignedBytes(), signature);
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> Sign(DhtRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Tag.Span.IndexOf(_marker) < 0)
            return record.Value;
        var signature = Convert.ToBase64String(_key.Sign(record.ToSignedBytes()));
        return (byte[])[.. record.Value.Span, .. RecordMarkers.SignaturePrefix, .. Encoding.ASCII.GetBytes(signature), (byte)']'];
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> Strip(DhtRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var value = record.Value.Span;
        if (!RecordMarkers.TryFind(value, RecordMarkers.SignaturePrefix, 0, out var marker, out _))
            return record.Value;
        var stripped = new List<byte>(value.Length);
        var position = 0;
        do
        {
            stripped.AddRange(value[position..marker.Start.Value]);
            position = marker.End.Value;
        }
        while (RecordMarkers.TryFind(value, RecordMarkers.SignaturePrefix, position, out marker, out _));
        stripped.AddRange(value[position..]);
        return stripped.ToArray();
    }

    // Keys are digests: only a subkey holds an owner.
    private static bool TryFindOwner(DhtRecord record, out byte[]? owner)
    {
        owner = null;
        var tag = record.Tag.Span;
        var position = 0;
        while (RecordMarkers.TryFind(tag, RecordMarkers.OwnerPrefix, position, out var marker, out var content))
        {
            if (owner is not null && !tag[content].SequenceEqual(owner))
                return false;
            owner ??= tag[content].ToArray();
            position = marker.End.Value;
        }

        return true;
    }

    private static bool TryFindSignature(ReadOnlySpan<byte> value, out byte[] signature)
    {
        signature = [];
        if (!RecordMarkers.TryFind(value, RecordMarkers.SignaturePrefix, 0, out var marker, out var content)
            || RecordMarkers.TryFind(value, RecordMarkers.SignaturePrefix, marker.End.Value, out _, out _)
            || value[content].Length > MaxSignatureText)
        {
            return false;
        }

        return LenientBase64.TryDecode(value[content], out signature);
    }
}
