using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Fuzz;

/// <summary>Checks that a target makes on what the code under test accepted.</summary>
public static class Oracle
{
    /// <summary>Fails the input when <paramref name="condition"/> does not hold.</summary>
    public static void Require([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition)
            throw new FuzzFindingException(rule);
    }

    /// <summary>Fails the input when the two byte strings differ.</summary>
    public static void RequireEqual(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string rule)
        => Require(expected.SequenceEqual(actual), rule);
}

/// <summary>An input that broke a rule.</summary>
public sealed class FuzzFindingException(string rule) : Exception(rule);
