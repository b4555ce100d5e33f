using System.Runtime.InteropServices;

namespace PeerNet.Identity.Primitives;

/// <summary>The stream ciphers Salsa20 and XSalsa20, by libsodium. Thread-safe.</summary>
public static partial class XSalsa20
{
    /// <summary>Length of a key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Length of XSalsa20's nonce.</summary>
    public const int NonceBytes = 24;

    /// <summary>Length of Salsa20's nonce.</summary>
    public const int Salsa20NonceBytes = 8;

    /// <summary>The keystream is made of blocks of this length; a position in it is given in whole blocks.</summary>
    public const int BlockBytes = 64;

    /// <summary>XORs the keystream of XSalsa20, from the given block on, over a message. Input and output may be the same memory.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Xor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ulong block, ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (key.Length != KeyBytes || nonce.Length != NonceBytes || output.Length < input.Length)
            throw new ArgumentException($"XSalsa20 takes a key of {KeyBytes} and a nonce of {NonceBytes} bytes, and output as long as the input.");
        Sodium.Initialize();
        _ = XorFromBlock(output, input, (ulong)input.Length, nonce, block, key);
    }

    /// <summary>Fills memory with the keystream of Salsa20.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void FillSalsa20(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> output)
    {
        if (key.Length != KeyBytes || nonce.Length != Salsa20NonceBytes)
            throw new ArgumentException($"Salsa20 takes a key of {KeyBytes} and a nonce of {Salsa20NonceBytes} bytes.");
        Sodium.Initialize();
        _ = Salsa20(output, (ulong)output.Length, nonce, key);
    }

    [LibraryImport(Sodium.Library, EntryPoint = "crypto_stream_xsalsa20_xor_ic")]
    private static partial int XorFromBlock(Span<byte> output, ReadOnlySpan<byte> input, ulong bytes, ReadOnlySpan<byte> nonce, ulong block, ReadOnlySpan<byte> key);

    [LibraryImport(Sodium.Library, EntryPoint = "crypto_stream_salsa20")]
    private static partial int Salsa20(Span<byte> output, ulong bytes, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key);
}
