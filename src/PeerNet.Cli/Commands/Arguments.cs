using System.CommandLine;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Cli.Commands;

/// <summary>Arguments that several commands take, checked before anything starts.</summary>
internal static class Arguments
{
    /// <summary>A peer: an id that a running node knows, or an address that ends in one.</summary>
    public static Argument<string> Peer(string name = "peer")
        => new(name) { Description = "A peer id, or an address that ends in /p2p/ID." };

    /// <summary>The text of a peer argument, trimmed and checked.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static string PeerText(string text)
    {
        text = text.Trim();
        if (!text.StartsWith('/'))
        {
            return PeerId.TryParse(text, out _)
                ? text
                : throw new UsageException($"'{Shorten(text)}' is neither a peer id (12D3KooW…, Qm…) nor an address such as /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW….");
        }

        var address = Address(text);
        return address.TryGetPeerId(out _)
            ? text
            : throw new UsageException($"'{Shorten(text)}' does not say who is there: it must end in /p2p/ID.");
    }

    /// <summary>The id of a peer argument.</summary>
    public static string PeerIdText(string text)
    {
        text = PeerText(text);
        return text.StartsWith('/') && Multiaddress.Parse(text).TryGetPeerId(out var id) ? id!.ToString() : PeerId.Parse(text).ToString();
    }

    /// <summary>An address, trimmed and checked.</summary>
    /// <exception cref="UsageException">It is malformed.</exception>
    public static Multiaddress Address(string text)
        => Multiaddress.TryParse(text.Trim(), out var address, out string? error) ? address : throw new UsageException(error);

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
