using System.Runtime.InteropServices;

using IlgpuDiffusion.Cli;
using IlgpuDiffusion.Pipelines;

// A picture is asked for: what paints it is compiled on another core while this one still reads the command line and opens the model. Nothing of it helps 'explain'.
if (args is not ["explain", ..] && Array.Exists(args, argument => argument is "-p" or "--prompt" or "--from"))
{
    _ = Rehearsal.Begin();
}

if (!Array.Exists(args, argument => argument is "-v" or "--verbose"))
{
    NativeWords.Silence();
}

using CancellationTokenSource cancellation = new();

// The first Ctrl-C asks politely, so that nothing is left half-written; the second one ends the process.
void Cancel(PosixSignalContext context)
{
    context.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
return await CommandLine.RunAsync(args, CliHost.System, cancellation.Token).ConfigureAwait(false);
