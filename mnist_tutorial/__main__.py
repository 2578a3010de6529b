"""Run the command line: ``python -m mnist_tutorial``."""

import os
import sys

from mnist_tutorial.cli import app


def main() -> None:
    """Run a command, whatever its output can show and wherever it goes."""
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


if __name__ == "__main__":
    main()
