using CsCheck;
using PeerNet.Core.Time;
using PeerNet.Multiformats;
using PeerNet.Swarm.Peers;

namespace PeerNet.UnitTests.Swarm.Peers;

[TestClass]
public sealed class AddressSetTests
{
    private static readonly Multiaddress[] Addresses = [.. Enumerable.Range(1, 8).Select(i => Multiaddress.Parse($"/ip4/1.2.3.{i}/tcp/4001"))];
    private static readonly TimeSpan[] Lives = [TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1), AddressTtl.Connected, AddressTtl.Permanent];

    [TestMethod]
    public void Behaves_like_a_list_of_ends_under_any_operations()
        => Gen.Int[0, 1_000_000].Sample(seed =>
        {
            var random = new Random(seed);
            var set = new AddressSet(capacity: 100);
            var model = new Dictionary<Multiaddress, (TimeSpan Ttl, Instant End)>();
            var now = new Instant(0);
            for (var i = 0; i < 60; i++)
            {
                var address = Addresses[random.Next(Addresses.Length)];
                var life = Lives[random.Next(Lives.Length)];
                switch (random.Next(5))
                {
                    case 0:
                    case 1:
                        set.Add(address, life, AddressSource.Manual, certified: false, now);
                        if (!model.TryGetValue(address, out var known) || known.End < now + life)
                            model[address] = (life, now + life);
                        break;
                    case 2:
                        var explicitLife = random.Next(3) == 0 ? TimeSpan.Zero : life;
                        set.Set(address, explicitLife, AddressSource.Manual, now);
                        if (explicitLife == TimeSpan.Zero)
                            model.Remove(address);
                        else
                            model[address] = (explicitLife, now + explicitLife);
                        break;
                    case 3:
                        var old = Lives[random.Next(Lives.Length)];
                        set.ReplaceTtl(old, life, now);
                        foreach (var key in model.Keys.Where(key => model[key].Ttl == old).ToArray())
                            model[key] = (life, now + life);
                        break;
                    default:
                        now += TimeSpan.FromMinutes(random.Next(30));
                        if (random.Next(2) == 0)
                        {
                            set.Collect(now);
                            foreach (var key in model.Keys.Where(key => model[key].End <= now).ToArray())
                                model.Remove(key);
                        }

                        break;
                }

                var expected = model.Where(pair => pair.Value.End > now).Select(pair => pair.Key).ToArray();
                CollectionAssert.AreEquivalent(expected, set.Read(now).Select(stored => stored.Address).ToArray());
            }
        }, iter: 1000);

    [TestMethod]
    public void A_shorter_life_does_not_shorten_a_longer_one()
    {
        var set = new AddressSet(10);
        set.Add(Addresses[0], TimeSpan.FromHours(1), AddressSource.Identify, false, new Instant(0));
        Assert.IsFalse(set.Add(Addresses[0], TimeSpan.FromMinutes(2), AddressSource.Routing, false, new Instant(0)));
        Assert.AreEqual(TimeSpan.FromHours(1), set.Read(new Instant(0)).Single().Remaining);
    }

    [TestMethod]
    public void When_full_the_address_that_ends_first_makes_room_for_one_that_lives_longer()
    {
        var set = new AddressSet(2);
        var now = new Instant(0);
        set.Add(Addresses[0], TimeSpan.FromMinutes(10), AddressSource.Manual, false, now);
        set.Add(Addresses[1], TimeSpan.FromMinutes(20), AddressSource.Manual, false, now);
        Assert.IsFalse(set.Add(Addresses[2], TimeSpan.FromMinutes(5), AddressSource.Manual, false, now), "the worst is turned away");
        Assert.IsTrue(set.Add(Addresses[3], TimeSpan.FromMinutes(15), AddressSource.Manual, false, now));
        CollectionAssert.AreEquivalent(new[] { Addresses[1], Addresses[3] }, set.Read(now).Select(a => a.Address).ToArray());
    }

    [TestMethod]
    public void A_new_record_replaces_the_certified_addresses_and_keeps_the_others()
    {
        var set = new AddressSet(10);
        var now = new Instant(0);
        set.Add(Addresses[0], TimeSpan.FromHours(1), AddressSource.Manual, false, now);
        set.ReplaceCertified([Addresses[0], Addresses[1]], TimeSpan.FromHours(2), now);
        set.ReplaceCertified([Addresses[2]], TimeSpan.FromHours(2), now);
        var read = set.Read(now).ToDictionary(a => a.Address, a => a.IsCertified);
        Assert.AreEqual(2, read.Count);
        Assert.IsFalse(read[Addresses[0]]);
        Assert.IsTrue(read[Addresses[2]]);
    }
}
