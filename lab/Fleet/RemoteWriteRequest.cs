using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;
using FleetPrometheus.Validation;

namespace FleetPrometheus.Lab.Fleet;

/// <summary>
/// A hand-made request as an agent would send it, for what no agent would send. Remote write 1.0: Prometheus's protobuf message, packed as
/// snappy, here without compression.
/// </summary>
internal static class RemoteWriteRequest
{
    private const int LongestLiteral = 1 << 16;

    /// <summary>One sample of value 1, now, for each of the series.</summary>
    public static HttpRequestMessage Make(Uri address, string user, SecretText password, IEnumerable<IReadOnlyList<(string Name, string Value)>> series)
    {
        var message = Message(series.Select(labels => Message(
            [.. labels.Select(label => Field(1, [.. Field(1, Encoding.UTF8.GetBytes(label.Name)), .. Field(2, Encoding.UTF8.GetBytes(label.Value))])), Field(2, Sample(1, DateTimeOffset.UtcNow))]))
            .Select(one => Field(1, one)));
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(Snappy(message)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        request.Content.Headers.ContentEncoding.Add("snappy");
        request.Headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password.Reveal()}")));
        return request;
    }

    private static byte[] Message(IEnumerable<byte[]> fields) => [.. fields.SelectMany(field => field)];

    private static byte[] Field(int number, byte[] content) => [.. Varint((ulong)((number << 3) | 2)), .. Varint((ulong)content.Length), .. content];

    private static byte[] Sample(double value, DateTimeOffset time)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return [(1 << 3) | 1, .. bytes, 2 << 3, .. Varint((ulong)time.ToUnixTimeMilliseconds())];
    }

    private static byte[] Snappy(byte[] content) =>
    [
        .. Varint((ulong)content.Length),
        .. content.Chunk(LongestLiteral).SelectMany(chunk => (byte[])[61 << 2, (byte)(chunk.Length - 1), (byte)((chunk.Length - 1) >> 8), .. chunk]),
    ];

    private static IEnumerable<byte> Varint(ulong value)
    {
        for (; value > 127; value >>= 7)
        {
            yield return (byte)(value | 128);
        }

        yield return (byte)value;
    }
}
