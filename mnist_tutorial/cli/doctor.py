"""The command ``doctor``."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import say


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a teacher who collects it.")] = False,
) -> None:
    """Check whether the course will run here, and say what to do; exit code 1 if there is a problem."""
    from mnist_tutorial.setup.doctor import checks, examine

    width, findings = max(map(len, checks())), {}
    for name, finding in examine():
        findings[name] = finding
        if not as_json:
            advice = f"; {finding.advice}" if finding.advice else ""
            say(f"{finding.status:8}{name:{width}}  {finding.found}{advice}", flush=True)
    problems = [name for name, finding in findings.items() if finding.status == "problem"]
    if as_json:
        report = {
            "version": version("mnist-tutorial"),
            "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
            "problems": problems,
            "checks": [{"name": name, **asdict(finding)} for name, finding in findings.items()],
        }
        # The name of a person is often that of the home folder.
        print(json.dumps(report, indent=1).replace(json.dumps(str(Path.home()))[1:-1], "~"))
    elif problems:
        say(f"problems: {', '.join(problems)}", err=True)
    raise typer.Exit(int(bool(problems)))
