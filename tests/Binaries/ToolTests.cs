using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Tests.Binaries;

public class ToolTests
{
    [Theory]
    [InlineData("prometheus, version 3.5.3+ds1 (branch: debian/sid, revision: 3.5.3+ds1-6)\n  go version: go1.24.9", "3.5.3")]
    [InlineData("node_exporter, version 1.11.1 (branch: HEAD)", "1.11.1")]
    [InlineData("nginx: /lib/x86_64-linux-gnu/libpcre2-8.so.0: no version information available\nnginx version: nginx/1.26.3", "1.26.3")]
    [InlineData("victoria-metrics-20260301-101010-tags-v1.137.0-0-gabcdef", "1.137.0")]
    [InlineData("v2.11.4 h1:abc=", "2.11.4")]
    [InlineData("1%3a2.53.3+ds1-2", "2.53.3")]
    [InlineData("", null)]
    public void ParseVersion_WhatToolsPrint(string text, string? version) =>
        Assert.Equal(version, Tool.ParseVersion(text)?.ToString());
}
