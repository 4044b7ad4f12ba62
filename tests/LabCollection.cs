namespace FleetPrometheus.Tests;

/// <summary>Tests that run a whole fleet. One at a time: on a busy machine a scrape comes late, and verification would see it.</summary>
[CollectionDefinition("Lab", DisableParallelization = true)]
public sealed class LabCollection;
