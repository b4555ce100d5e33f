namespace PeerNet.Hivemind.MessagePack;

/// <summary>What is wrong with the bytes of a value.</summary>
public enum ValueFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The bytes end inside the value; more of them might make it whole.</summary>
    Truncated,

    /// <summary>Bytes follow the value.</summary>
    TrailingBytes,

    /// <summary>A code that the format does not use.</summary>
    UnknownCode,

    /// <summary>A text that is not UTF-8.</summary>
    BadText,

    /// <summary>A key of a map that is neither text nor bytes: Python readers refuse it.</summary>
    BadKey,

    /// <summary>The content of a tuple is no list.</summary>
    BadTuple,

    /// <summary>The value nests deeper than <see cref="ValueLimits.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>The value has more elements than <see cref="ValueLimits.MaxElements"/>.</summary>
    TooManyElements,
}
