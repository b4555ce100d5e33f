using System.Numerics;

namespace PeerNet.Hivemind.Averaging;

/// <summary>
/// Averages this member's parts, one after another: a part is done when every sender that has not failed has given it. Senders that wait for
/// a part hold no more than that part, so memory is bounded by one part for each. Thread-safe.
/// </summary>
internal sealed class PartReducer
{
    private readonly Lock _lock = new();
    private readonly IReadOnlyList<VectorPart> _parts;
    private readonly int[] _given;
    private readonly bool[] _isFailed;
    private TaskCompletionSource<float[]?> _average = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private float[] _sum = [];
    private double _weight;
    private int _current = -1;
    private bool _isAborted;

    public PartReducer(IReadOnlyList<VectorPart> parts, int senderCount)
    {
        _parts = parts;
        _given = new int[senderCount];
        _isFailed = new bool[senderCount];
        lock (_lock)
            Advance();
    }

    /// <summary>Adds a sender's next part and waits for its average.</summary>
    /// <returns>
    /// The average, not to be changed; empty where no sender had any weight; null when this sender or the whole reduction has failed.
    /// </returns>
    public Task<float[]?> AddAsync(int sender, ReadOnlySpan<float> values, double weight)
    {
        lock (_lock)
        {
            if (_isAborted || _isFailed[sender] || _current >= _parts.Count || _given[sender] != _current || values.Length != _parts[_current].Length)
                return Task.FromResult<float[]?>(null);
            AddScaled(_sum, values, (float)weight);
            _weight += weight;
            _given[sender]++;
            var average = _average.Task;
            CompleteIfDue();
            return average;
        }
    }

    /// <summary>Does without what a sender has not given yet.</summary>
    public void Fail(int sender)
    {
        lock (_lock)
        {
            if (_isFailed[sender])
                return;
            _isFailed[sender] = true;
            if (!_isAborted && _current < _parts.Count)
                CompleteIfDue();
        }
    }

    /// <summary>Ends all waits.</summary>
    public void Abort()
    {
        lock (_lock)
        {
            _isAborted = true;
            _average.TrySetResult(null);
        }
    }

    private void CompleteIfDue()
    {
        while (_current < _parts.Count && IsDue())
        {
            if (_weight > 0)
            {
                for (var i = 0; i < _sum.Length; i++)
                    _sum[i] /= (float)_weight;
            }

            _average.TrySetResult(_weight > 0 ? _sum : []);
            Advance();
        }
    }

    private bool IsDue()
    {
        for (var sender = 0; sender < _given.Length; sender++)
        {
            if (!_isFailed[sender] && _given[sender] <= _current)
                return false;
        }

        return true;
    }

    private void Advance()
    {
        if (++_current >= _parts.Count)
            return;

        _average = new TaskCompletionSource<float[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _sum = new float[_parts[_current].Length];
        _weight = 0;
    }

    private static void AddScaled(float[] sum, ReadOnlySpan<float> values, float weight)
    {
        var factor = new Vector<float>(weight);
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.FusedMultiplyAdd(new Vector<float>(values[i..]), factor, new Vector<float>(sum, i)).CopyTo(sum, i);
        for (; i < values.Length; i++)
            sum[i] = MathF.FusedMultiplyAdd(values[i], weight, sum[i]);
    }
}
