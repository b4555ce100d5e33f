using Microsoft.Extensions.Configuration;
using PeerNet.Configuration;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Node;

[TestClass]
public sealed class PeerNodeConfigurationTests
{
    [TestMethod]
    public void Values_come_from_a_section_and_lists_replace_the_defaults()
    {
        var options = PeerNodeConfiguration.Bind(Section(
            ("Listen:0", "/ip4/127.0.0.1/tcp/0"),
            ("Security:0", "tls"),
            ("KeyType", "Secp256k1"),
            ("Limits:Streams", "7"),
            ("ConnectionManager:GracePeriod", "00:00:03")));
        CollectionAssert.AreEqual(new[] { "/ip4/127.0.0.1/tcp/0" }, options.Listen.ToArray());
        CollectionAssert.AreEqual(new[] { "tls" }, options.Security.ToArray());
        CollectionAssert.AreEqual(new[] { "tcp", "ws" }, options.Transports.ToArray());
        Assert.AreEqual(KeyType.Secp256k1, options.KeyType);
        Assert.AreEqual(7, options.Limits.Streams);
        Assert.AreEqual(TimeSpan.FromSeconds(3), options.ConnectionManager.GracePeriod);
    }

    [TestMethod]
    public void A_misspelt_key_is_an_error_that_lists_the_right_ones()
    {
        var error = Assert.ThrowsExactly<ConfigurationException>(() => PeerNodeConfiguration.CheckKeys(Section(("Lisen:0", "x"))));
        Assert.AreEqual("Lisen", error.Key);
        StringAssert.Contains(error.Message, "Listen");
    }

    [TestMethod]
    public void A_value_of_the_wrong_form_is_an_error_that_names_its_key()
    {
        var error = Assert.ThrowsExactly<ConfigurationException>(() => PeerNodeConfiguration.Bind(Section(("Limits:Streams", "many"))));
        Assert.AreEqual("Limits:Streams", error.Key);
    }

    [TestMethod]
    public void Every_option_can_be_configured()
    {
        foreach (var property in typeof(PeerNodeOptions).GetProperties().Where(property => property.CanWrite))
            PeerNodeConfiguration.CheckKeys(Section((property.Name, "x")));
    }

    private static IConfigurationRoot Section(params (string Key, string Value)[] values)
        => new ConfigurationBuilder().AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key, (string?)value.Value))).Build();
}
