"""The report: one self-contained page, and the same tables in Markdown."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mnist_tutorial.benchmark.clock import CONTENDED
from mnist_tutorial.benchmark.code import PACKAGE, RECIPE
from mnist_tutorial.benchmark.report import table as text
from mnist_tutorial.benchmark.report.figures import draw, to_address
from mnist_tutorial.benchmark.result import Failure, Result
from mnist_tutorial.benchmark.summary import SummaryTable
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError, printable

MARK = "written by mnist_tutorial"  # at the top of each page
TEMPLATES = {"index.html": "report.html", "report.md": "report.md"}
ENVIRONMENT = Environment(
    loader=PackageLoader("mnist_tutorial.benchmark", "report"),
    autoescape=select_autoescape(["html"]),  # recipe names and docstrings can contain anything
    finalize=lambda value: printable(value) if type(value) is str else value,  # not what is marked as HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def write(
    tables: Sequence[SummaryTable],
    refused: Sequence[MNISTError],
    failures: Sequence[tuple[str, Failure]],
    out: Path,
    force: bool = False,
) -> list[Path]:
    """Write ``index.html`` and ``report.md`` about runs, refused files and failed runs, each after its person.

    Returns their paths. MNISTError if there are files of these names that are not reports, or that somebody has
    changed, unless forced; or if the folder cannot be written.
    """
    paths = [Path(out, name) for name in TEMPLATES]
    for path in paths:
        if not (force or _is_ours(path)):
            raise MNISTError(
                f"{path} exists, and is not as this command wrote it; choose another place with --out, or "
                "replace it with --force"
            )
    content = {
        "mark": MARK,
        "headline": headline(tables),
        "tables": tables,
        "figures": {table.variant: draw(table, text.published()) for table in tables},
        "protocol": [entry.split(": ", 1) for entry in text.paragraphs("protocol", contended=100 * CONTENDED)],
        "published": text.published(),
        "failures": [_failed(owner, failure) for owner, failure in failures],
        "refused": list(map(str, refused)),
        **{"text": text, "address": to_address, "beside": files_beside},
    }
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for path in paths:
            page = ENVIRONMENT.get_template(TEMPLATES[path.name]).render(content)
            with atomic(path) as part:
                part.write_text(_signed(page), encoding="utf-8")
    except OSError as error:
        raise MNISTError(f"{out}: cannot write the report ({error}); choose another folder with --out") from error
    return paths


def _signed(page):
    """Add to the mark of a page a digest of its text, whatever ends the lines: it shows whether people change it."""
    digest = hashlib.sha256("\n".join(page.splitlines()).encode()).hexdigest()
    return page.replace(MARK, f"{MARK} (digest {digest[:16]})", 1)


def _is_ours(path):
    """Whether a file is missing, or a page that nobody has changed since it was written."""
    if not path.is_file():
        return not path.exists()
    page = path.read_text(encoding="utf-8", errors="replace")
    return page == _signed(re.sub(rf"({MARK}) \(digest \w+\)", r"\1", page, count=1)) and MARK in page


def headline(tables: Sequence[SummaryTable]) -> str:
    """Summarize a report in a sentence or two."""
    rows = [row for table in tables for row in table.rows]
    runs = [run for row in rows for run in row.runs]
    if not runs:
        return "No runs yet."
    kinds = Counter(run.evaluated_on for run in runs)
    counts = {"recipe": len({(run.recipe, run.version) for run in runs})}
    counts |= {"test run": kinds["test"], "validation run": kinds["validation"]}
    counted = ", ".join(f"{count:,} {noun}{'s' * (count != 1)}" for noun, count in counts.items())
    people = {row.person for row in rows} - {""}
    return (
        f"{counted}, {text.span([run.started[:10] for run in runs])}. Contended runs, during which other programs used "
        f"the processor: {sum(run.contended for run in runs)}." + f" People: {len(people)}." * bool(people)
    )


def files_beside(run: Result) -> list[str]:
    """List the files that decided a run, too, and of which a result keeps a digest only."""
    return [name for name in run.code if not name.startswith((f"{PACKAGE}.", RECIPE))]


def _failed(owner, failure):
    """Say which run failed, whose it was, and why: the last line of the error."""
    run = "/".join(filter(None, (owner, failure.recipe)))
    reason = failure.error.strip().rpartition("\n")[2]
    return {"run": f"{run}, seed {failure.seed}, {failure.evaluated_on}", "reason": reason, "error": failure.error}
