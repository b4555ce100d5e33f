namespace PeerNet.Core.Errors;

/// <summary>The base of every error that PeerNet raises on purpose. Decide by type and <c>Reason</c>, never by message text.</summary>
public abstract class PeerNetException : Exception
{
    /// <summary>Creates the error.</summary>
    protected PeerNetException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
