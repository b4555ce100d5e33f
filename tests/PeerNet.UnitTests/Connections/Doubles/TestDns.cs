using System.Net;
using System.Net.Sockets;
using PeerNet.Connections.Resolution;
using PeerNet.Core.Errors;

namespace PeerNet.UnitTests.Connections.Doubles;

/// <summary>Answers from tables and counts the questions.</summary>
internal sealed class TestDns : IDnsLookup
{
    public Dictionary<string, string[]> Texts { get; } = [];

    public Dictionary<string, IPAddress[]> Addresses { get; } = [];

    /// <summary>Names that no server answers for.</summary>
    public HashSet<string> Unavailable { get; } = [];

    public int Questions { get; private set; }

    public ValueTask<IReadOnlyList<IPAddress>> GetAddressesAsync(string host, bool v4, bool v6, CancellationToken token = default)
    {
        Ask(host);
        return new([.. Addresses.GetValueOrDefault(host, []).Where(ip => ip.AddressFamily == AddressFamily.InterNetwork ? v4 : v6)]);
    }

    public ValueTask<IReadOnlyList<string>> GetTextsAsync(string name, CancellationToken token = default)
    {
        Ask(name);
        return new(Texts.GetValueOrDefault(name, []));
    }

    private void Ask(string name)
    {
        Questions++;
        if (Unavailable.Contains(name))
            throw new NameResolutionException(NameResolutionFailure.Unavailable, name);
    }
}
