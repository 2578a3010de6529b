"""Run the command line: ``python -m mnist_tutorial``."""

import io
import os
import sys
from contextlib import suppress

from mnist_tutorial.cli import app


def main() -> None:
    """Run a command, whatever its output can show and wherever it goes."""
    # A process without a console has no streams, and a notebook has others.
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, io.TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(errors="replace")  # a sign that the console cannot show is no reason to fail
    try:
        try:
            app(prog_name="python -m mnist_tutorial")
        finally:
            for stream in streams:
                stream.flush()
    except OSError as error:  # of the output: commands make sentences of all others
        if not isinstance(error, BrokenPipeError):  # nobody reads any more, so there is nobody to tell
            with suppress(OSError):
                print(f"error: the output cannot be written ({error.strerror})", file=sys.stderr)
        for stream in streams:
            try:
                stream.flush()
            except OSError:  # what is left must not be tried, and complained about, once more at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
