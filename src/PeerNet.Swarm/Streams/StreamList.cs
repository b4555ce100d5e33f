using PeerNet.Core.Time;

namespace PeerNet.Swarm.Streams;

/// <summary>The open streams of one connection, linked through themselves: adding and removing cost no memory. Thread-safe.</summary>
internal sealed class StreamList
{
    private readonly Lock _lock = new();
    private TrackedStream? _first;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(TrackedStream stream)
    {
        lock (_lock)
        {
            stream.Next = _first;
            if (_first is not null)
                _first.Previous = stream;
            _first = stream;
            _count++;
        }
    }

    public void Remove(TrackedStream stream)
    {
        lock (_lock)
        {
            if (stream.Previous is null)
                _first = stream.Next;
            else
                stream.Previous.Next = stream.Next;
            if (stream.Next is not null)
                stream.Next.Previous = stream.Previous;
            stream.Next = stream.Previous = null;
            _count--;
        }
    }

    /// <summary>The streams at this moment.</summary>
    public List<TrackedStream> Snapshot()
    {
        lock (_lock)
        {
            var streams = new List<TrackedStream>(_count);
            for (var stream = _first; stream is not null; stream = stream.Next)
                streams.Add(stream);
            return streams;
        }
    }

    public IReadOnlyList<StreamView> Read(Instant now) => Snapshot().ConvertAll(stream => stream.Read(now));
}
