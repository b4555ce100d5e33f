using PeerNet.Core.Errors;

namespace PeerNet.Configuration;

/// <summary>A configured value cannot be used. The message names the key, the value and the expected form in one line.</summary>
public sealed class ConfigurationException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    /// <param name="key">The key, such as <c>Listen[0]</c>.</param>
    /// <param name="problem">What is wrong with its value, and what would be right.</param>
    /// <param name="inner">The underlying error.</param>
    public ConfigurationException(string key, string problem, Exception? inner = null)
        : base($"{key}: {problem}", inner) => Key = key;

    /// <summary>The key.</summary>
    public string Key { get; }
}
