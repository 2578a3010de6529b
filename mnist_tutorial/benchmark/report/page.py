"""The report: one page that needs nothing else, and the same table in Markdown."""

import os
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from mnist_tutorial.benchmark.clock import CONTENDED
from mnist_tutorial.benchmark.report import table as tables
from mnist_tutorial.benchmark.report.aggregate import summarise
from mnist_tutorial.benchmark.report.figures import draw
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.report.svg import to_svg
from mnist_tutorial.benchmark.results.result import true_labels
from mnist_tutorial.data.reference import COUNTS, listing
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import wilson_interval

VARIANTS = {"full": "Results on MNIST", "sample": "Results on the sample of MNIST"}


def write(results, refused, failures, out):
    """Write the report of many runs.

    Parameters
    ----------
    results : list of Result
    refused : list of MNISTError
        Why files could not be used, as `results.read_all` gives them.
    failures : list of dict
        Runs that failed: their ``recipe``, ``seed``, ``evaluated_on`` and ``error``.
    out : Path
        The folder; it is made if need be.

    Returns
    -------
    list of Path
        Of ``index.html`` and ``report.md``.

    Raises
    ------
    MNISTError
        If the folder cannot be written.
    """
    summaries = summarise(results)
    content = {
        "index.html": _html(results, summaries, refused, failures),
        "report.md": _markdown(results, summaries, refused, failures),
    }
    paths = [Path(out) / name for name in content]
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for path in paths:
            part = path.with_name(f"{path.name}.{os.getpid()}.part")
            try:
                part.write_text(content[path.name], encoding="utf-8")
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise MNISTError(f"{out}: the report cannot be written ({error}); choose another folder with --out") from error
    return paths


def headline(results):
    """Say in one sentence what a report is about.

    Parameters
    ----------
    results : list of Result

    Returns
    -------
    str

    Examples
    --------
    >>> headline([])
    'No runs yet.'
    """
    if not results:
        return "No runs yet."
    recipes = len({(run.recipe, run.source_sha256) for run in results})
    records = sum(run.evaluated_on == "test" for run in results)
    days = sorted({run.started[:10] for run in results})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    disturbed = sum(run.contended for run in results)
    return (
        f"{_many(recipes, 'recipe')}, {_many(len(results), 'run')} ({records:,} for the record, "
        f"{len(results) - records:,} for validation), {when}. "
        f"In {_many(disturbed, 'run')} other processes disturbed the clock."
    )


def protocol():
    """Read how runs are made and what the figures mean.

    Returns
    -------
    list of (str, str)
        A term, and what it means.
    """
    test, held_out = (len(true_labels("full", evaluated_on)) for evaluated_on in ("test", "validation"))
    low, high = wilson_interval(round(0.995 * test), test)
    numbers = {
        "train": COUNTS["train"],
        "rest": COUNTS["train"] - held_out,
        "held_out": held_out,
        "test": test,
        "sample_train": len(listing("sample", "train").labels),
        "sample_test": len(listing("sample", "test").labels),
        "contended": 100 * CONTENDED,
        "half": 50 * (high - low),
    }
    text = (files(__package__) / "protocol.txt").read_text(encoding="utf-8").format(**numbers)
    return [tuple(paragraph.split(": ", 1)) for paragraph in text.strip().split("\n\n")]


def _html(results, summaries, refused, failures):
    environment = Environment(
        loader=PackageLoader("mnist_tutorial.benchmark", "report"),
        autoescape=True,  # names and docstrings of recipes are anybody's
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": tables.percent, "seconds": tables.seconds, "paragraphs": _paragraphs}
    environment.filters |= {"failed": _failed, "last_line": _last_line, "look": _look}
    sections = [
        {
            "title": VARIANTS[table.variant],
            "table": table,
            "drawings": [
                (drawing, to_svg(drawing.figure, f"{table.variant}-{drawing.key}", drawing.alt))
                for drawing in draw(table, published())
            ],
        }
        for table in summaries
    ]
    return environment.get_template("report.html").render(
        headline=headline(results),
        sections=sections,
        tables=tables,
        protocol=protocol(),
        refused=refused,
        failures=failures,
        published=published(),
    )


def _markdown(results, summaries, refused, failures):
    escape = tables.escape
    parts = ["# MNIST benchmark\n", headline(results) + "\n"]
    for table in summaries:
        parts += [f"## {VARIANTS[table.variant]}\n", tables.markdown(table)]
    if failures:
        said = [f"- {escape(_failed(failure))}: {escape(_last_line(failure))}" for failure in failures]
        parts += ["## Runs that failed\n", "\n".join(said) + "\n"]
    if refused:
        parts += ["## Files that were refused\n", "\n".join(f"- {escape(error)}" for error in refused) + "\n"]
    parts += ["## Protocol\n", "\n".join(f"- **{term}**: {meaning}" for term, meaning in protocol()) + "\n"]
    return "\n".join(parts)


def _failed(failure):
    return f"{failure.get('recipe')}, seed {failure.get('seed')}, {failure.get('evaluated_on')}"


def _last_line(failure):
    return (str(failure.get("error")).strip().splitlines() or ["?"])[-1]


def _look(look):
    """Write an entry of the evaluation log."""
    when = str(look.get("at")).replace("T", " ").replace("+00:00", " UTC")
    return f"{look.get('of')}, {look.get('images')} digits, {when}"


def _paragraphs(text):
    """Join the lines of each paragraph of a docstring."""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]


def _many(number, noun):
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
