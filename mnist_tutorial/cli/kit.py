"""The command ``kit``."""

from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import end_on_signals, errors, say

TORCH_INDEX = "https://download.pytorch.org/whl"


def kit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, on a stick for instance.")],
    platforms: Annotated[
        str | None,
        typer.Option("--platform", metavar="NAMES", help="linux,macos,windows, or some of them; by default this one."),
    ] = None,
    python: Annotated[str | None, typer.Option(metavar="VERSION", help="As in 3.12; by default this one.")] = None,
    torch_backend: Annotated[
        str, typer.Option(help="For Linux. cpu: small; default: with CUDA; auto: cpu if its index can be reached.")
    ] = "auto",
    torch_index: Annotated[str, typer.Option(metavar="URL", help="Where torch's small build is.")] = TORCH_INDEX,
    verify: Annotated[bool, typer.Option("--verify", help="Check each file of the kit in DIR.")] = False,
) -> None:
    """Write a kit into DIR, from which a room without a network sets the course up; or check one.

    If it is interrupted, run it again with the same options, and it carries on.
    """
    end_on_signals()
    with errors():
        from mnist_tutorial.setup import kit as kits

        if verify:
            content, findings = kits.verify(folder)
            for finding in findings:
                say(finding, err=True)
            if findings:
                raise typer.Exit(1)
            say(f"{folder}: {len(content['files'])} files, complete and unchanged")
            return
        targets = tuple(kits.target(name.strip(), python) for name in platforms.split(",")) if platforms else ()
        targets = targets or (kits.target(None, python),)
        index = None
        if any(target.system == "linux" for target in targets):
            index, reason = kits.torch_build(torch_backend, torch_index)
            say(f"torch for Linux: the {'small build' if index else 'build with CUDA'} ({reason})", flush=True)
        content = kits.write(folder, kits.Options(targets, index), lambda line: say(line, flush=True))
        size = sum(file["bytes"] for file in content["files"].values())
        count = len(content["files"])
        say(f"{folder}: {count} files, {size / 1e6:,.0f} MB; students run start.sh, start.command or start.bat")
