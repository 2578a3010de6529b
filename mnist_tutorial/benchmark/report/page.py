"""The report: one self-contained page, and the same tables in Markdown."""

import ast
import hashlib
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mnist_tutorial.benchmark.clock import CONTENDED
from mnist_tutorial.benchmark.code import PACKAGE, RECIPE
from mnist_tutorial.benchmark.report import table as text
from mnist_tutorial.benchmark.report.figures import draw, to_address
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.benchmark.summary import SummaryTable
from mnist_tutorial.data import atomic
from mnist_tutorial.data.reference import COUNTS, listing
from mnist_tutorial.errors import MNISTError, printable
from mnist_tutorial.stats import wilson_interval

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
    failures: Sequence[dict],
    out: Path,
    force: bool = False,
) -> list[Path]:
    """Write ``index.html`` and ``report.md`` about runs, refused files and failed runs; returns their paths.

    MNISTError if there are files of these names that are not reports, or that somebody has changed, unless forced; or
    if the folder cannot be written.
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
        "figures": {table.variant: draw(table, published()) for table in tables},
        "protocol": protocol(),
        "published": published(),
        "failures": [_failure(failure) for failure in failures],
        "refused": list(map(str, refused)),
    }
    content |= {"text": text, "address": to_address, "imports": imports}
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
    of_kind, days = Counter(run.evaluated_on for run in runs), sorted(run.started[:10] for run in runs)
    counts = [len({(run.recipe, run.version) for run in runs}), of_kind["test"], of_kind["validation"]]
    nouns = zip(counts, ("recipe", "test run", "validation run"), strict=True)
    counted = ", ".join(f"{count:,} {noun}{'s' * (count != 1)}" for count, noun in nouns)
    contended, people = sum(run.contended for run in runs), {row.person for row in rows} - {""}
    return (
        f"{counted}, {' to '.join(sorted({days[0], days[-1]}))}. "
        f"Contended runs, during which other programs used the processor: {contended}."
        f"{f' People: {len(people)}.' if people else ''}"
    )


def protocol() -> list[list[str]]:
    """Read ``protocol.txt``, with the numbers of the package filled in: pairs of a term and its meaning."""
    test, held_out = (len(true_labels("full", split)) for split in ("test", "validation"))
    low, high = wilson_interval(round(0.995 * test), test)
    numbers = {"train": COUNTS["train"], "rest": COUNTS["train"] - held_out, "held_out": held_out, "test": test}
    numbers |= {f"sample_{name}": len(listing("sample", name).labels) for name in ("train", "test")}
    numbers |= {"contended": 100 * CONTENDED, "half": 50 * (high - low)}
    return [paragraph.split(": ", 1) for paragraph in text.paragraphs("protocol", **numbers)]


def imports(run: Result) -> str:
    """Say which code a run used beside the text of its recipe: of ours, of packages, and of other files."""
    ours = [name for name in run.code if name.startswith(f"{PACKAGE}.")]
    others = [name for name in run.code if name not in ours and not name.startswith(RECIPE)]
    parts = [f"Code version {run.version[:8]}: {len(ours)} modules of this package"]
    parts.append(f"imports {', '.join(packages)}" if (packages := _packages(run)) else "no imports of its own")
    if others:
        parts.append(f"files that are in no package and not kept here: {', '.join(others)}")
    return "; ".join(parts) + "."


def _packages(run):
    """List what the text of a recipe imports, without Python's own modules and this package."""
    try:
        nodes = list(ast.walk(ast.parse(textwrap.dedent(run.source))))
    except (SyntaxError, ValueError, RecursionError):
        return []
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    tops = sorted({name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {PACKAGE})
    return [f"{top} {run.versions[top]}" if top in run.versions else top for top in tops]


def _failure(failure):
    """Say which run failed, whose it was, and why: the last line of the error."""
    error, owner = str(failure.get("error")), failure.get("person")
    run = f"{failure.get('recipe')}, seed {failure.get('seed')}, {failure.get('evaluated_on')}"
    return {
        "run": f"{owner}/{run}" if owner else run,
        "reason": (error.strip().splitlines() or ["?"])[-1],
        "error": error,
    }
