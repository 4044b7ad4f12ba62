namespace FleetPrometheus.Lab.Binaries;

/// <summary>A lock between processes that ends with its holder, however that ends.</summary>
internal static class FileLock
{
    /// <summary>Waits until the lock is ours; disposing of the result gives it back.</summary>
    public static async Task<IDisposable> TakeAsync(string path, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
            }
        }
    }
}
