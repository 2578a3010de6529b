"""Run the command line: ``python -m mnist_tutorial``."""

import os
import signal
import sys

from mnist_tutorial.cli import app


def main() -> None:
    """Run a command, whatever its output can show and wherever it goes."""
    for name in ("SIGTERM", "SIGHUP"):  # Windows has one of them
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is signal.SIG_DFL:  # as not with nohup
            signal.signal(number, _end)
    streams = [stream for stream in (sys.stdout, sys.stderr) if hasattr(stream, "reconfigure")]
    for stream in streams:
        stream.reconfigure(errors="replace")  # a sign that the console cannot show is no reason to fail
    try:
        try:
            app(prog_name="python -m mnist_tutorial")
        finally:
            for stream in streams:
                stream.flush()
    except OSError as error:  # of the output: commands make sentences of all others
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would try, and complain, once more at the end
        sys.exit(1 if isinstance(error, BrokenPipeError) else f"error: cannot write the output ({error.strerror})")


def _end(number, frame):
    """End as an error would, so that unfinished files are removed."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
