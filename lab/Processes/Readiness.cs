namespace FleetPrometheus.Lab.Processes;

/// <summary>Waiting until a started program answers.</summary>
public static class Readiness
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PerRequest = TimeSpan.FromSeconds(2);

    /// <summary>Asks again and again until the program answers with success.</summary>
    /// <param name="process">The program.</param>
    /// <param name="client">Carries credentials and trust, if the address needs them.</param>
    /// <param name="address">What to GET, such as <c>http://127.0.0.1:9090/-/ready</c>.</param>
    /// <param name="timeout">How long altogether.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ExpectedFailure">It ended, or did not get ready in time; with the end of its log.</exception>
    public static async Task UntilReadyAsync(this SupervisedProcess process, HttpClient client, Uri address, TimeSpan timeout, CancellationToken cancel = default)
    {
        var deadline = DateTime.UtcNow + timeout;
        var last = "no answer";
        while (DateTime.UtcNow < deadline)
        {
            if (process.Exited.IsCompleted)
            {
                throw Failure(process, $"ended with exit code {await process.Exited}");
            }

            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                limit.CancelAfter(PerRequest);
                using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, limit.Token);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }

                last = $"last answer {(int)response.StatusCode}";
            }
            catch (HttpRequestException error)
            {
                last = error.Message;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                last = $"no answer within {PerRequest.TotalSeconds:0} s";
            }

            await Task.Delay(Pause, cancel);
        }

        throw Failure(process, $"was not ready at {address} within {timeout.TotalSeconds:0} s ({last})");
    }

    private static ExpectedFailure Failure(SupervisedProcess process, string what) =>
        new($"{process.Spec.Name} {what}. The end of its log:\n{process.LogTail()}");
}
