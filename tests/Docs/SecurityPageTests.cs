using System.Text.RegularExpressions;

namespace FleetPrometheus.Tests.Docs;

public sealed partial class SecurityPageTests
{
    [Fact]
    public void Page_WhatHolds_IsHeldByTestsAndClaimsThatExist()
    {
        var page = File.ReadAllText(Repository.PathOf("SECURITY.md"));
        var proofs = page[page.IndexOf("## What holds", StringComparison.Ordinal)..page.IndexOf("## What you choose", StringComparison.Ordinal)]
            .Split('\n').Where(line => line.StartsWith('|')).Skip(2).Select(row => row.Split('|')[2]).ToList();
        var claims = string.Concat(Directory.GetFiles(Repository.PathOf("lab", "Verification"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var tests = typeof(SecurityPageTests).Assembly.GetTypes().Select(type => type.Name).ToHashSet();

        Assert.NotEmpty(proofs);
        Assert.All(proofs, proof => Assert.True(Claim().IsMatch(proof) || Test().IsMatch(proof) || proof.Contains("docs/faults.md", StringComparison.Ordinal), proof));
        Assert.All(proofs.SelectMany(proof => Claim().Matches(proof)), claim => Assert.Contains(claim.Value, claims, StringComparison.Ordinal));
        Assert.All(proofs.SelectMany(proof => Test().Matches(proof)), test => Assert.Contains(test.Groups[1].Value, tests));
    }

    [GeneratedRegex("\"[^\"]+\"")]
    private static partial Regex Claim();

    [GeneratedRegex("`([A-Za-z]+Tests)`")]
    private static partial Regex Test();
}
