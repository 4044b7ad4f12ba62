using FleetPrometheus.Validation;

namespace FleetPrometheus.Tests.Validation;

public sealed class Re2Tests
{
    [Theory]
    [InlineData("shop-.+|(a|b)?", true)]
    [InlineData(".+:.+", true)]
    [InlineData("a|b{2,3}[]x]?[^a-z\\d.]", true)]
    [InlineData("(?i)\\.\\x41\\pL", false)]
    [InlineData("(?i:a)\\.\\x41\\p{Lu}\\b$", true)]
    [InlineData("x{1001}", false)]
    [InlineData("(x{40}){40}", false)]
    [InlineData("(?=a)", false)]
    [InlineData("(?<n>a)", false)]
    [InlineData("(?#a)", false)]
    [InlineData("(?x)a", false)]
    [InlineData("(a)\\1", false)]
    [InlineData("\\p{IsGreek}", false)]
    [InlineData("[\\p{IsGreek}]", false)]
    [InlineData("[[:nosuch:]]", false)]
    [InlineData("[\\b]", false)]
    [InlineData("\\u0041", false)]
    [InlineData("\\Z", false)]
    [InlineData("(", false)]
    [InlineData("[", false)]
    public void IsValid_Expressions_TakesOnlyWhatBothLanguagesTake(string expression, bool valid) => Assert.Equal(valid, Re2.IsValid(expression));
}

public sealed class QuantityTests
{
    [Theory]
    [InlineData("500m", "0.5")]
    [InlineData("2Ki", "2048")]
    [InlineData("1.5M", "1500000")]
    [InlineData("3k", "3000")]
    [InlineData("1n", "0.000000001")]
    public void TryParse_AnAmount_IsItsNumber(string text, string amount)
    {
        Assert.True(Quantity.TryParse(text, out var read));
        Assert.Equal(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1K")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("1 Gi")]
    [InlineData("99999999999999999999999999999999E")]
    public void TryParse_NoAmount_IsRefused(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Theory]
    [InlineData("0/0")]
    [InlineData("010.0.0.0/8")]
    [InlineData("0x0a.0.0.0/8")]
    [InlineData("fe80::%1/64")]
    [InlineData("10.0.0.1/8")]
    public void Cidr_ThatKubernetesReadsOtherwise_IsRefused(string text) => Assert.NotNull(Checks.Cidr(text));
}
