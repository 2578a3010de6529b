"""The report: one self-contained page, and the same tables in Markdown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from mnist_tutorial.benchmark.outputs import MARK, check_replaceable
from mnist_tutorial.benchmark.report import table as text
from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.benchmark.report.figures import draw
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.report.protocol import protocol
from mnist_tutorial.benchmark.report.provenance import imports
from mnist_tutorial.benchmark.report.rendering import to_address
from mnist_tutorial.benchmark.report.summary import SummaryTable
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError, printable

if TYPE_CHECKING:  # it imports the pipeline, and with it torch
    from mnist_tutorial.benchmark.robustness import Robustness

CALIBRATION = "Calibration and robustness"
TITLES = {"full": "Results on MNIST", "sample": "Results on the sample of MNIST"}


class Section(NamedTuple):
    """The part of the page about one variant of MNIST."""

    title: str
    table: SummaryTable
    columns: list  # headings
    cells: list  # of each row
    notes: list
    calibration: list  # headings, and cells of each row; empty if no run knows it
    figures: list  # pairs of a Drawing and the address of its image


def write(
    results: Sequence[Result],
    refused: Sequence[MNISTError],
    failures: Sequence[dict],
    out: Path,
    force: bool = False,
    robustness: "Sequence[Robustness]" = (),
) -> list[Path]:
    """Write the report of many runs.

    Parameters
    ----------
    results : sequence of Result
    refused : sequence of MNISTError
        Why files could not be used, from `results.files.read_all`.
    failures : sequence of dict
        Failed runs: their ``recipe``, ``seed``, ``evaluated_on`` and ``error``.
    out : Path
        The folder; it is created if necessary.
    force : bool
        Replace files in the folder that are not reports.
    robustness : sequence of Robustness
        What `benchmark robustness` has measured.

    Returns
    -------
    list of Path
        Of ``index.html`` and ``report.md``.

    Raises
    ------
    MNISTError
        If the folder cannot be written, or has files of these names that are not reports.
    """
    paths = [Path(out, name) for name in ("index.html", "report.md")]
    check_replaceable(paths, force)
    tables = aggregate(results, robustness)
    problems = {"failures": [_failure(failure) for failure in failures], "refused": [str(error) for error in refused]}
    contents = (
        _html(headline(results), [_section(table) for table in tables], problems),
        _markdown(headline(results), tables, problems),
    )
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            with atomic(path) as part:
                part.write_text(content, encoding="utf-8")
    except OSError as error:
        raise MNISTError(f"{out}: cannot write the report ({error}); choose another folder with --out") from error
    return paths


def headline(results: Sequence[Result]) -> str:
    """Summarize a report in one sentence.

    Examples
    --------
    >>> headline([])
    'No runs yet.'
    """
    if not results:
        return "No runs yet."
    recipes = len({(run.recipe, run.version) for run in results})
    tests = sum(run.evaluated_on == "test" for run in results)
    days = sorted({run.started[:10] for run in results})
    dates = " to ".join(dict.fromkeys([days[0], days[-1]]))
    return (
        f"{_plural(recipes, 'recipe')}, {_plural(tests, 'test run')}, "
        f"{_plural(len(results) - tests, 'validation run')}, {dates}. "
        f"Contended runs, during which other programs used the processor: {sum(run.contended for run in results)}."
    )


def _section(table):
    columns = text.columns_of(table)
    return Section(
        TITLES[table.variant],
        table,
        columns,
        [text.cells(row, columns) for row in table.rows],
        text.notes(table),
        _calibration(table),
        [(drawing, to_address(drawing.figure)) for drawing in draw(table, published())],
    )


def _calibration(table):
    if not text.has_calibration(table):
        return []
    columns = text.columns_of(table, text.CALIBRATION)
    return [columns, [text.cells(row, columns) for row in table.rows]]


def _html(headline, sections, problems):
    environment = Environment(
        loader=PackageLoader("mnist_tutorial.benchmark", "report"),
        autoescape=True,  # recipe names and docstrings can contain anything
        finalize=lambda value: printable(value) if isinstance(value, str) else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": text.percent, "seconds": text.seconds}
    environment.filters |= {"paragraphs": _paragraphs, "evaluation": _evaluation, "imports": imports}
    return environment.get_template("report.html").render(
        headline=headline,
        calibration_title=CALIBRATION,
        calibration_notes=text.calibration_notes(),
        mark=MARK,
        sections=sections,
        protocol=protocol(),
        published=published(),
        **problems,
    )


def _markdown(headline, tables, problems):
    parts = [f"<!-- {MARK} -->\n", "# MNIST benchmark\n", headline + "\n"]
    for table in tables:
        parts += [f"## {TITLES[table.variant]}\n", text.markdown(table)]
        if calibration := text.calibration_markdown(table):
            parts += [f"### {CALIBRATION}\n", calibration]
    if failures := problems["failures"]:
        sentences = [f"{failure['run']}: {failure['reason']}" for failure in failures]
        parts += ["## Failed runs\n", text.markdown_list(sentences)]
    if refused := problems["refused"]:
        parts += ["## Refused files\n", text.markdown_list(refused)]
    parts += ["## Protocol\n", "".join(f"- **{term}**: {meaning}\n" for term, meaning in protocol())]
    return "\n".join(parts)


def _failure(failure):
    error = str(failure.get("error"))
    return {
        "run": f"{failure.get('recipe')}, seed {failure.get('seed')}, {failure.get('evaluated_on')}",
        "reason": (error.strip().splitlines() or ["?"])[-1],
        "error": error,
    }


def _evaluation(evaluation):
    """Write an entry of the evaluation log."""
    time = str(evaluation.get("at")).replace("T", " ").replace("+00:00", " UTC")
    return f"{evaluation.get('of')}, {evaluation.get('images')} digits, {time}"


def _paragraphs(docstring):
    """Join the lines of each paragraph."""
    return [" ".join(paragraph.split()) for paragraph in docstring.split("\n\n") if paragraph.strip()]


def _plural(number, noun):
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
