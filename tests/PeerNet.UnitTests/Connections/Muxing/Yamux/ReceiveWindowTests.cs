using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Time;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

[TestClass]
public sealed class ReceiveWindowTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);
    private const uint Size = 1000;

    [TestMethod]
    public void Credit_is_due_when_half_the_size_is_due()
    {
        var window = new ReceiveWindow(Size, Instant.MinValue);
        Assert.IsTrue(window.TryReceive(700));
        window.Consume(499);
        Assert.IsFalse(window.IsGrantDue);
        window.Consume(1);
        Assert.IsTrue(window.IsGrantDue);
        Assert.AreEqual(500u, window.Grant(At(1)));
        Assert.AreEqual(800u, window.Credit);
        Assert.AreEqual(200u, window.Buffered);
    }

    [TestMethod]
    public void One_byte_too_much_is_noticed_and_not_taken()
    {
        var window = new ReceiveWindow(Size, Instant.MinValue);
        Assert.IsFalse(window.TryReceive(Size + 1));
        Assert.IsTrue(window.TryReceive(Size));
        Assert.IsFalse(window.TryReceive(1));
    }

    [TestMethod]
    public void A_peer_that_stands_still_twice_within_the_limit_wants_a_larger_window()
    {
        var window = new ReceiveWindow(Size, At(0));
        StandStill(ref window, 0, out var first);
        Assert.IsFalse(first);
        StandStill(ref window, 50, out var second);
        Assert.IsTrue(second);
    }

    [TestMethod]
    public void A_slow_peer_or_a_slow_reader_does_not()
    {
        var slow = new ReceiveWindow(Size, At(0));
        for (var i = 0; i < 5; i++)
        {
            StandStill(ref slow, i * 1000, out var grows, took: 200);
            Assert.IsFalse(grows);
        }

        // Bytes of the last grant have come: the peer has credit and nothing to say.
        var idle = new ReceiveWindow(Size, At(0));
        for (var i = 0; i < 5; i++)
        {
            Receive(ref idle, 600);
            idle.Grant(At(i));
            Receive(ref idle, 401);
            Assert.IsFalse(idle.IsStarving);
            idle.Grant(At(i));
        }
    }

    [TestMethod]
    public void After_a_fall_nothing_is_granted_until_the_peer_has_used_what_it_holds()
    {
        var window = new ReceiveWindow(Size, At(0));
        window.Resize(4 * Size);
        Assert.AreEqual(3 * Size, window.Grant(At(0)));
        window.Resize(Size);
        Assert.AreEqual(4L * Size, window.Exposure);
        Receive(ref window, 3 * Size);
        Assert.AreEqual(0u, window.Grant(At(1)));
        Receive(ref window, 500);
        Assert.IsTrue(window.IsGrantDue);
        Assert.AreEqual(500u, window.Grant(At(1)));
        Assert.AreEqual((long)Size, window.Exposure);
    }

    /// <summary>Half the window goes, a grant is made, the rest goes, and then the reader waits.</summary>
    private static void StandStill(ref ReceiveWindow window, int from, out bool grows, int took = 10)
    {
        var rest = window.Credit - Size / 2;
        Receive(ref window, Size / 2);
        window.Grant(At(from));
        Receive(ref window, rest);
        Assert.IsTrue(window.IsStarving);
        grows = window.Starve(At(from + took), Limit);
        Assert.IsFalse(window.IsStarving);
    }

    private static void Receive(ref ReceiveWindow window, uint bytes)
    {
        Assert.IsTrue(window.TryReceive(bytes));
        window.Consume((int)bytes);
    }

    private static Instant At(int milliseconds) => new Instant(0) + TimeSpan.FromMilliseconds(milliseconds);
}
