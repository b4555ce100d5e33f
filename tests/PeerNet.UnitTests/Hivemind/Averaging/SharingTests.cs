using System.Text.Json;
using CsCheck;
using PeerNet.Hivemind.Averaging;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.UnitTests.Hivemind.Averaging;

/// <summary>How vectors are shared and cut, and the generator that all members draw from.</summary>
[TestClass]
public sealed class SharingTests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 20).Select(i => (byte)i)];

    [TestMethod]
    public void Numbers_are_drawn_as_Python_draws_them()
    {
        var random = new PythonRandom(Seed);
        CollectionAssert.AreEqual(new[] { 0xfce01ed9u, 0x96fab4d2u, 0x8a1e996eu }, new[] { random.Next(), random.Next(), random.Next() });
        CollectionAssert.AreEqual(new[] { 1, 2, 4 }, new PythonRandom(Seed).Sample(8, 3));
        CollectionAssert.AreEqual(new[] { 2, 4, 8, 3, 7, 15, 6, 1, 13, 0, 10, 9, 11, 12, 5, 14 }, new PythonRandom(Seed).Sample(16, 16));
        CollectionAssert.AreEqual(new[] { 0, 1 }, new PythonRandom(Seed).Sample(4, 2));
        CollectionAssert.AreEqual(new[] { 36, 140, 111 }, new PythonRandom(Seed).Sample(256, 3));
    }

    [TestMethod]
    public void Samples_are_different_numbers_of_the_range()
        => Gen.Select(Gen.Byte.Array[0, 40], Gen.Int[1, 2000]).Sample((seed, range) =>
        {
            var count = 1 + (range / 3);
            var drawn = new PythonRandom(seed).Sample(range, count);
            Assert.AreEqual(count, drawn.Distinct().Count(number => number >= 0 && number < range));
        }, iter: 200);

    [TestMethod]
    public void Keys_keep_their_length_and_none_stays_none()
    {
        Assert.AreEqual("p.0b", new GroupKey("p", "").After(Seed, 4, 1, null).ToString());
        Assert.AreEqual(3, new GroupKey("p", "010").After(Seed, 16, 5, 16).Bits.Length);
        Assert.AreEqual("p.0b0", new GroupKey("p", "1").After(Seed, 1, 0, null).ToString());
    }

    [TestMethod]
    public void Vectors_are_shared_as_captured()
    {
        var count = 0;
        foreach (var entry in HivemindVectors.Entries("tensors.json", "loadBalancing"))
        {
            var members = entry.GetProperty("bandwidths").EnumerateArray().Select(bandwidth => Member(bandwidth.ValueKind == JsonValueKind.Null ? null : bandwidth.GetDouble())).ToArray();
            var shares = PeerShares.Of(entry.GetProperty("vectorSize").GetInt32(), members);

            // A stated bandwidth needs Python's own library.
            Assert.AreEqual(members.Any(member => member.Bandwidth > 0), shares is null);
            if (shares is null)
                continue;
            CollectionAssert.AreEqual(entry.GetProperty("result").EnumerateArray().Select(share => share.GetInt32()).ToArray(), shares);
            count++;
        }

        Assert.IsGreaterThanOrEqualTo(4, count);
        CollectionAssert.AreEqual(new[] { 334, 0, 334, 333 }, PeerShares.Split(1001, [1, 0, 1, 1]));
        Assert.IsNull(PeerShares.Of(10, [Member(0), Member(null) with { Mode = AveragingMode.Client }]));
    }

    [TestMethod]
    public void Tensors_are_cut_as_captured()
    {
        foreach (var entry in HivemindVectors.Entries("tensors.json", "partitions"))
        {
            int[] sizes = [.. entry.GetProperty("tensorSizes").EnumerateArray().Select(size => size.GetInt32())];
            double[] shares = [.. entry.GetProperty("fractions").EnumerateArray().Select(share => share.GetDouble())];
            var partition = new TensorPartition(sizes, shares, entry.GetProperty("partSizeBytes").GetInt32() / 4);
            int[] values = [.. sizes.SelectMany(size => Enumerable.Range(0, size))];
            var expected = entry.GetProperty("partsByPeer").EnumerateArray().Select(member => string.Join(' ', member.EnumerateArray().Select(part => $"{part[0].GetDouble()}-{part[1].GetDouble()}/{part[2].GetInt32()}"))).ToArray();
            var actual = Enumerable.Range(0, shares.Length).Select(member => string.Join(' ', partition.PartsOf(member).Select(part => $"{values[part.Start]}-{values[part.Start + part.Length - 1]}/{part.Length}"))).ToArray();
            CollectionAssert.AreEqual(expected, actual, entry.ToString());
        }
    }

    [TestMethod]
    public void Every_element_is_in_one_part_in_order()
        => Gen.Select(Gen.Int[0, 60].Array[1, 6], Gen.Int[0, 3].Array[1, 6], Gen.Int[1, 20]).Sample((sizes, shares, length) =>
        {
            if (shares.Sum() == 0)
                shares[0] = 1;
            var partition = new TensorPartition(sizes, [.. shares.Select(share => (double)share)], length);
            var parts = Enumerable.Range(0, shares.Length).SelectMany(partition.PartsOf).ToArray();
            var next = 0;
            foreach (var part in parts)
            {
                Assert.AreEqual(next, part.Start);
                Assert.IsLessThanOrEqualTo(length, part.Length);
                next += part.Length;
            }

            Assert.AreEqual(sizes.Sum(), next);
        }, iter: 1000);

    [TestMethod]
    public void What_members_give_is_read_leniently_and_bounded()
    {
        Assert.AreEqual("93c000c401c0", Convert.ToHexStringLower(GatherCodec.Encode(Member(null))));
        Assert.AreEqual(3.0, GatherCodec.TryDecode(HivemindValue.List(3, 0, new byte[] { 0xC0 }).ToBytes())?.Bandwidth);
        foreach (var bad in new HivemindValue[]
        {
            HivemindValue.Nil, HivemindValue.List(HivemindValue.Nil, 0), HivemindValue.List(HivemindValue.Nil, 3, new byte[] { 0xC0 }),
            HivemindValue.List(-1.0, 0, new byte[] { 0xC0 }), HivemindValue.List(double.NaN, 0, new byte[] { 0xC0 }), HivemindValue.List("1", 0, new byte[] { 0xC0 }),
            HivemindValue.List(HivemindValue.Nil, 0, new byte[] { 0xC1 }),
        })
        {
            Assert.IsNull(GatherCodec.TryDecode(bad.ToBytes()), bad.ToString());
        }
    }

    private static MemberData Member(double? bandwidth) => new(bandwidth, AveragingMode.Node, HivemindValue.Nil);
}
