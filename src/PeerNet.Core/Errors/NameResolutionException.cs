namespace PeerNet.Core.Errors;

/// <summary>Why a name was not resolved.</summary>
public enum NameResolutionFailure
{
    /// <summary>No such name, or no record of the wanted kind.</summary>
    NotFound,

    /// <summary>No name server answered, or they could not say.</summary>
    Unavailable,

    /// <summary>The name server did not answer in time.</summary>
    TimedOut,
}

/// <summary>A name in an address did not resolve.</summary>
public sealed class NameResolutionException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public NameResolutionException(NameResolutionFailure reason, string name, Exception? inner = null)
        : base(Describe(reason, name), inner)
    {
        Reason = reason;
        Name = name;
    }

    /// <summary>Why.</summary>
    public NameResolutionFailure Reason { get; }

    /// <summary>The name.</summary>
    public string Name { get; }

    private static string Describe(NameResolutionFailure reason, string name) => reason switch
    {
        NameResolutionFailure.NotFound => $"The name {name} does not exist.",
        NameResolutionFailure.TimedOut => $"No name server answered for {name} in time.",
        _ => $"No name server could answer for {name}.",
    };
}
