using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TaskSlices.Tests.Support;

internal static class Product
{
    /// <summary>The product's module decides which SQLite is loaded: a test may open a database before anything else of it has run.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must run before the first test does.")]
    internal static void Initialize() => RuntimeHelpers.RunModuleConstructor(typeof(Program).Module.ModuleHandle);
}
