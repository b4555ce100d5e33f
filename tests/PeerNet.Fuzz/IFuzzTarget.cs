namespace PeerNet.Fuzz;

/// <summary>
/// One thing to feed with bytes. A type that implements this in this assembly is a target: nothing else has to be
/// registered, only <c>testdata/corpus/NAME</c> filled.
/// </summary>
public interface IFuzzTarget
{
    /// <summary>Name on the command line and of the corpus folder.</summary>
    static abstract string Name { get; }

    /// <summary>
    /// Runs the code under test. Any exception is a finding; what the code accepts is checked against an oracle with
    /// <see cref="Oracle"/>.
    /// </summary>
    static abstract void Fuzz(ReadOnlySpan<byte> data);
}
