namespace TaskSlices.Infrastructure.Data;

/// <summary>Marks what is kept about a user and never given out, not even to that user.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
