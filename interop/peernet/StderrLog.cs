using Microsoft.Extensions.Logging;

namespace PeerNet.Interop.Peer;

/// <summary>Logs to stderr, one line an event. What is logged can be changed at any time, as with the command <c>log</c>. Thread-safe.</summary>
internal sealed class StderrLog : ILoggerFactory
{
    private LogLevel _level = LogLevel.Warning;

    /// <summary>Sets the least level: one of .NET's names in any case, or nothing for warnings only.</summary>
    /// <exception cref="FormatException">There is no such level.</exception>
    public void SetLevel(string? name)
        => _level = string.IsNullOrEmpty(name) ? LogLevel.Warning
            : Enum.TryParse<LogLevel>(name, ignoreCase: true, out var level) ? level
            : throw new FormatException($"'{name}' is not one of {string.Join(", ", Enum.GetNames<LogLevel>())}");

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is stderr only.");

    public void Dispose()
    {
    }

    private sealed class Category(StderrLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log._level && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Console.Error.WriteLine($"{TimeProvider.System.GetLocalNow():HH:mm:ss.fff} {logLevel} {name}: {formatter(state, exception)}{(exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})")}");
        }
    }
}
