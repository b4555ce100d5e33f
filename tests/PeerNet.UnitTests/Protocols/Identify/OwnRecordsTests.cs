using Microsoft.Extensions.Time.Testing;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class OwnRecordsTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly OwnRecords _records;

    public OwnRecordsTests() => _records = new OwnRecords(PeerStreamPair.DialerKey, _time);

    [TestMethod]
    public void Signs_a_set_of_addresses_once()
    {
        var first = _records.Get(Addresses(3));
        Assert.AreEqual(first, _records.Get(Addresses(3)));
        var record = Open(first);
        Assert.AreEqual(PeerStreamPair.DialerKey.PeerId, record.PeerId);
        CollectionAssert.AreEqual(Addresses(3), record.Addresses.ToArray());
        Assert.IsFalse(record.IsLegacy);
        Assert.AreEqual(20_000UL * 86_400 * 1_000_000_000, record.Seq);
    }

    [TestMethod]
    public void Sequence_numbers_rise_although_the_clock_goes_back()
    {
        var first = Open(_records.Get(Addresses(1)));
        var second = Open(_records.Get(Addresses(2)));
        Assert.IsGreaterThan(first.Seq, second.Seq);
        _time.AdjustTime(_time.GetUtcNow().AddHours(-1));
        Assert.IsGreaterThan(second.Seq, Open(_records.Get(Addresses(3))).Seq);
    }

    [TestMethod]
    public void Leaves_out_addresses_that_void_a_record_elsewhere()
    {
        Multiaddress[] addresses = [Multiaddress.Parse("/unix/a"), .. Addresses(1), Multiaddress.Parse("/memory/1")];
        CollectionAssert.AreEqual(Addresses(1), Open(_records.Get(addresses)).Addresses.ToArray());
        Assert.IsTrue(_records.Get([Multiaddress.Parse("/memory/1")]).IsEmpty);
        Assert.IsTrue(_records.Get([]).IsEmpty);
    }

    [TestMethod]
    public void Fits_into_a_frame_however_many_addresses_there_are()
    {
        var hash = Multibase64(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
        var addresses = Enumerable.Range(1, 200).Select(i => Multiaddress.Parse($"/dns4/{new string('a', 60)}.net/udp/{i}/quic-v1/webtransport/certhash/{hash}/certhash/{hash}")).ToArray();
        var record = _records.Get(addresses);
        Assert.IsLessThanOrEqualTo(IdentifyProtocol.MaxSentFrameBytes - 4, record.Length);
        Assert.IsGreaterThan(5, Open(record).Addresses.Count);
    }

    private static string Multibase64(byte[] digest)
        => "u" + Convert.ToBase64String([0x12, 0x20, .. digest]).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static Multiaddress[] Addresses(int count) => [.. Enumerable.Range(1, count).Select(i => Multiaddress.Parse($"/ip4/10.0.0.{i}/tcp/1"))];

    private static PeerRecord Open(ReadOnlyMemory<byte> envelope)
    {
        Assert.IsTrue(PeerRecord.TryOpen(envelope.Span, out var record, out var reason), reason);
        return record;
    }
}
