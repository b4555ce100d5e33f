using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace PeerNet.Hivemind.Averaging;

/// <summary>
/// CPython's generator, as far as all members of a group draw from it with the same seed: Mersenne Twister 19937, seeded by bytes, and the
/// algorithm of <c>random.sample</c> over a range.
/// </summary>
internal sealed class PythonRandom
{
    // Specification (Matsumoto and Nishimura; CPython Modules/_randommodule.c, Lib/random.py).
    private const int Size = 624;
    private const int Shift = 397;
    private const uint ArraySeed = 19650218;

    private readonly uint[] _state = new uint[Size];
    private int _index = Size;

    /// <summary>Seeds the generator as Python does with bytes: they and their SHA-512, as one big-endian number.</summary>
    public PythonRandom(ReadOnlySpan<byte> seed)
    {
        byte[] number = [.. seed, .. SHA512.HashData(seed)];
        var key = new List<uint>();
        Span<byte> word = stackalloc byte[sizeof(uint)];
        for (var end = number.Length; end > 0; end -= sizeof(uint))
        {
            word.Clear();
            var start = Math.Max(0, end - sizeof(uint));
            number.AsSpan(start, end - start).CopyTo(word[(sizeof(uint) - (end - start))..]);
            key.Add(BinaryPrimitives.ReadUInt32BigEndian(word));
        }

        while (key.Count > 1 && key[^1] == 0)
            key.RemoveAt(key.Count - 1);
        Seed(key);
    }

    /// <summary>The next 32 bits.</summary>
    public uint Next()
    {
        if (_index == Size)
            Twist();
        var y = _state[_index++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    /// <summary>Draws different numbers from 0 to <paramref name="range"/> - 1, in the order in which Python draws them.</summary>
    public int[] Sample(int range, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, range);
        var result = new int[count];
        if (range <= PoolLimit(count))
        {
            var pool = Enumerable.Range(0, range).ToArray();
            for (var i = 0; i < count; i++)
            {
                var j = Below(range - i);
                result[i] = pool[j];
                pool[j] = pool[range - i - 1];
            }

            return result;
        }

        var drawn = new HashSet<int>();
        for (var i = 0; i < count; i++)
        {
            do
                result[i] = Below(range);
            while (!drawn.Add(result[i]));
        }

        return result;
    }

    /// <summary>Up to which range Python copies the numbers rather than remembers the drawn ones.</summary>
    private static long PoolLimit(int count)
    {
        var limit = 21L;
        if (count > 5)
        {
            var power = 1L;
            while (power < 3L * count)
                power *= 4;
            limit += power;
        }

        return limit;
    }

    private int Below(int bound)
    {
        var bits = 32 - BitOperations.LeadingZeroCount((uint)bound);
        while (true)
        {
            var number = Next() >> (32 - bits);
            if (number < bound)
                return (int)number;
        }
    }

    private void Seed(List<uint> key)
    {
        _state[0] = ArraySeed;
        for (var i = 1; i < Size; i++)
            _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i;

        int place = 1, word = 0;
        for (var step = Math.Max(Size, key.Count); step > 0; step--)
        {
            _state[place] = (_state[place] ^ ((_state[place - 1] ^ (_state[place - 1] >> 30)) * 1664525u)) + key[word] + (uint)word;
            place = Advance(place);
            word = word + 1 == key.Count ? 0 : word + 1;
        }

        for (var step = Size - 1; step > 0; step--)
        {
            _state[place] = (_state[place] ^ ((_state[place - 1] ^ (_state[place - 1] >> 30)) * 1566083941u)) - (uint)place;
            place = Advance(place);
        }

        _state[0] = 0x80000000;
    }

    private int Advance(int place)
    {
        if (place + 1 < Size)
            return place + 1;
        _state[0] = _state[Size - 1];
        return 1;
    }

    private void Twist()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7FFFFFFF);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
        }

        _index = 0;
    }
}
