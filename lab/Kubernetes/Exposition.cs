using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FleetPrometheus.Lab.Kubernetes;

/// <summary>Writes metrics in Prometheus's text format.</summary>
public sealed class Exposition
{
    /// <summary>The Content-Type of the text.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <summary>Begins a family; samples without a name of their own belong to it.</summary>
    public Exposition Family(string name, string type, string help)
    {
        _family = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    /// <summary>Adds a sample of the family begun last.</summary>
    public Exposition Sample(double value, params ReadOnlySpan<(string Name, string? Value)> labels) => Suffixed("", value, labels);

    /// <summary>Adds a sample whose name is the family's with a suffix, such as <c>_sum</c>. Labels without a value are left out.</summary>
    public Exposition Suffixed(string suffix, double value, params ReadOnlySpan<(string Name, string? Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        var separator = '{';
        foreach (var (name, content) in labels)
        {
            if (content is null) continue;
            _text.Append(separator).Append(name).Append("=\"").Append(Escape(content)).Append('"');
            separator = ',';
        }
        if (separator == ',') _text.Append('}');
        _text.Append(' ').Append(CultureInfo.InvariantCulture, $"{value:R}").Append('\n');
        return this;
    }

    /// <summary>Answers a request with the text, piece by piece: a whole copy of each answer would be most of the lab's memory.</summary>
    /// <param name="context">The request.</param>
    /// <param name="compresses">Whether who asks for gzip gets it, as from everything that uses Prometheus's own library.</param>
    public async Task AnswerAsync(HttpContext context, bool compresses = true)
    {
        context.Response.ContentType = ContentType;
        if (compresses && context.Request.GetTypedHeaders().AcceptEncoding.Any(encoding => encoding.Value == "gzip" && encoding.Quality is not 0))
        {
            context.Response.Headers.ContentEncoding = "gzip";
            // The level of Go's library: what it makes of the bytes is what real ones make of them.
            await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Optimal);
            // A writer would end the stream by a blocking write, which the server refuses.
            await using var text = new StreamWriter(gzip, leaveOpen: true);
            foreach (var piece in _text.GetChunks())
            {
                await text.WriteAsync(piece, context.RequestAborted);
            }

            return;
        }

        foreach (var piece in _text.GetChunks())
        {
            Encoding.UTF8.GetBytes(piece.Span, context.Response.BodyWriter);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private static string Escape(string value) =>
        value.AsSpan().IndexOfAny('\\', '"', '\n') < 0 ? value : value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
