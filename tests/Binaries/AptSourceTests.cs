using FleetPrometheus.Lab.Binaries;

namespace FleetPrometheus.Tests.Binaries;

public class AptSourceTests
{
    [Fact]
    public void ParseOneLine_OptionsAndComments_AreUnderstood()
    {
        var sources = AptSource.ParseOneLine("""
            # deb http://old.example/debian bookworm main
            deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main contrib # local
            deb-src http://mirror.example/debian bookworm main
            deb [ trusted=yes ] http://plain.example/debian sid main
            """).ToList();

        Assert.Collection(
            sources,
            first => Assert.Equal(("http://mirror.example/debian", "bookworm", "/usr/share/keyrings/k.gpg", false), (first.Uri, first.Suites.Single(), first.SignedBy, first.Trusted)),
            second => Assert.Equal(("http://plain.example/debian", "sid", null, true), (second.Uri, second.Suites.Single(), second.SignedBy, second.Trusted)));
    }

    [Fact]
    public void ParseDeb822_StanzasCommentsAndKeys_AreUnderstood()
    {
        var sources = AptSource.ParseDeb822("""
            # the main mirror
            Types: deb deb-src
            # commented in the middle
            URIs: http://one.example/debian http://two.example/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             abc

            Enabled: no
            Types: deb
            URIs: http://off.example/debian
            Suites: bookworm

            Types: deb-src
            URIs: http://source.example/debian
            Suites: bookworm
            """).ToList();

        Assert.Equal(["http://one.example/debian", "http://two.example/debian"], sources.Select(source => source.Uri));
        Assert.All(sources, source => Assert.Equal("bookworm bookworm-updates", string.Join(" ", source.Suites)));
        Assert.Equal("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc", sources[0].SignedBy);
    }

    [Fact]
    public void ForSuite_ReadAgain_IsTheSameMirror()
    {
        var source = new AptSource("http://mirror.example/debian", ["bookworm"], "/usr/share/keyrings/k.gpg", Trusted: true);

        var again = Assert.Single(AptSource.ParseDeb822(source.ForSuite("sid")));

        Assert.Equal((source.Uri, "sid", source.SignedBy, true), (again.Uri, again.Suites.Single(), again.SignedBy, again.Trusted));
    }
}
