using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>Errors that are expected at the start.</summary>
public static class StartupErrors
{
    /// <summary>
    /// Ends the process with the sentence of the error and exit code 1, or that of a command, without a stack trace. A signal that ends a
    /// command is such an error.
    /// </summary>
    public static void Report() =>
        AppDomain.CurrentDomain.UnhandledException += static (_, e) =>
        {
            if (e.ExceptionObject is CommandException command)
            {
                Console.Error.WriteLine(command.Message);
                Environment.Exit(command.ExitCode);
            }

            if (e.ExceptionObject is OperationCanceledException)
            {
                Console.Error.WriteLine("It was ended before it was done.");
                Environment.Exit(1);
            }

            if (SentenceOf(e.ExceptionObject as Exception) is { } sentence)
            {
                Console.Error.WriteLine($"TaskSlices does not start. {sentence}");
                Environment.Exit(1);
            }
        };

    /// <summary>What is wrong and how to mend it, or null for an error that is not expected at the start.</summary>
    public static string? SentenceOf(Exception? exception) => exception switch
    {
        StartupException or CommandException or OptionsValidationException => exception.Message,
        AggregateException several when several.InnerExceptions.All(one => SentenceOf(one) is not null) =>
            string.Join('\n', several.InnerExceptions.Select(SentenceOf).Distinct()),
        InvalidOperationException when exception.Message.StartsWith("Configuration value '", StringComparison.Ordinal) =>
            $"Logging:LogLevel: {exception.Message} Use Trace, Debug, Information, Warning, Error, Critical or None.",
        InvalidOperationException when exception.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal) =>
            $"{exception.Message} Correct it, or remove it.",
        InvalidOperationException when exception.Message.StartsWith("Unable to configure HTTPS endpoint", StringComparison.Ordinal) =>
            "Urls asks for https, and there is no certificate. "
            + "Set Kestrel:Certificates:Default:Path, or use http behind a proxy that has one.",
        InvalidOperationException when exception.Message.StartsWith("Dynamic port binding", StringComparison.Ordinal) =>
            $"Urls: {exception.Message}",
        IOException { InnerException: not null } when exception.Message.StartsWith("Failed to bind", StringComparison.Ordinal) =>
            $"{exception.Message} Stop what listens there, or set Urls (or PORT), or Metrics:Url, to another address.",
        SocketException => $"Urls (or PORT) names an address that can't be listened at: {exception.Message}. Set it to another one.",
        _ => null,
    };
}
