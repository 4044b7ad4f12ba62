namespace FleetPrometheus.Lab;

/// <summary>
/// A failure whose message is all a user needs: bad input, a missing file, a download that is impossible here.
/// The command line prints the message to standard error and ends with exit code 1, without a stack trace.
/// </summary>
public sealed class ExpectedFailure(string message, Exception? cause = null) : Exception(message, cause);
