"""Build the site: `make site`. Puts the pages together, from notebooks that were run, and calls Sphinx."""

import html
import inspect
import re
import shutil
import subprocess
import sys
import unicodedata
from importlib import import_module
from pathlib import Path

import nbformat

from exported import export
from mnist_tutorial.course.lesson import lessons, variant
from mnist_tutorial.course.pages import read_executed, to_mathml
from reading import SiteError, reading_form

ROOT = Path(__file__).parent.parent
EXECUTED, PAGES = ROOT / "build" / "executed", ROOT / "build" / "docs"
WEIGHTS = ROOT / "results" / "weights" / "cnn-tiny.safetensors"
REPOSITORY = "https://github.com/DeepTrackAI/mnist-tutorial/blob/main"
MARK = ".mnist-tutorial-site"  # in a folder that we may replace
COPIED = ("README.md", "CONTRIBUTING.md")  # from above docs/
MOVED = {"README.md": "index.md", "notebooks/glossary.ipynb": "notebooks/glossary.md"}
PACKAGES = ("data", "pipeline", "training", "plots", "stats", "benchmark")  # of the reference
ENTRY = re.compile(r"^\*\*([^*]+)\*\*: (.+) \[[^]]+\]\(([^)]+)\)$", re.M)  # of the glossary
# Where no term is looked for: code, links, emphasis, formulas, tags of HTML, headings.
PROTECTED = re.compile(r"(```.*?```|`[^`]*`|!?\[[^]]*\]\([^)]*\)|\*\*?[^*]+\*\*?|\$[^$]*\$|<[^>]*>|^#.*$)", re.S | re.M)


def main(site: Path) -> None:
    if site.exists() and any(site.iterdir()) and not (site / MARK).exists():
        raise SiteError(f"{site} holds files that are not of the site; expected no such folder: move it away")
    sources = [*sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")), ROOT / "notebooks" / "project.ipynb"]
    if missing := [path.name for path in sources if read_executed(path, EXECUTED) is None]:
        raise SiteError(f"not run yet, or changed since: {', '.join(missing)}; run make notebooks")
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES, ignore=shutil.ignore_patterns("__pycache__"))
    course = ROOT / "mnist_tutorial" / "course"
    for path in (course / "canvas.js", course / "canvas.css", ROOT / "docs" / "pictures" / "draw.png"):
        shutil.copy(path, PAGES / "static")
    parameters = export(WEIGHTS, PAGES / "static" / "weights.js")
    front = PAGES / "index.md"
    front.write_text(front.read_text(encoding="utf-8").replace("PARAMETERS", f"{parameters:,}"), encoding="utf-8")
    shutil.copytree(ROOT / "results", PAGES / "results", ignore=lambda _, names: {n for n in names if n[-4:] != ".png"})
    for path in (*PAGES.glob("*.md"), *(ROOT / name for name in COPIED)):
        (PAGES / path.name).write_text(with_links(path.read_text(encoding="utf-8")), encoding="utf-8")
    write_notebooks(sources)
    write_reference()
    write_report()
    options = ("--builder", "html", "--fail-on-warning", "--quiet", "--jobs", "auto")
    call("sphinx", *options, PAGES, PAGES / "html")
    (PAGES / "html" / MARK).touch()
    shutil.rmtree(site, ignore_errors=True)
    shutil.copytree(PAGES / "html", site, ignore=shutil.ignore_patterns(".doctrees", ".buildinfo", "objects.inv"))


def call(module: str, *arguments: object) -> None:
    if subprocess.run([sys.executable, "-m", module, *map(str, arguments)], check=False).returncode:
        raise SiteError(f"{module} {arguments[0]} has failed, see above; the site is as it was before")


def with_links(text: str) -> str:
    """Let links, as they are on GitHub, lead to the pages of the site, and all others to the repository."""
    pages = {*MOVED.values(), *COPIED, *(path.name for path in (ROOT / "docs").glob("*.md"))}

    def link(match):
        target = match[1].removeprefix("../").removeprefix("docs/")
        target = MOVED.get(target, target)
        is_page = target in pages or target.endswith((".png", ".ipynb"))
        return f"]({target})" if is_page or re.match(r"[a-z]+:|#", target) else f"]({REPOSITORY}/{target})"

    return re.sub(r"\]\(([^)\s]+)\)", link, text)


def write_notebooks(sources: list[Path]) -> None:
    """Write the notebooks as people read them and as students download them, and the glossary."""
    folder, downloads = PAGES / "notebooks", PAGES / "extra" / "download"
    folder.mkdir()
    downloads.mkdir(parents=True)
    glossary = nbformat.read(ROOT / "notebooks" / "glossary.ipynb", as_version=4).cells[0].source
    terms = {term: (definition, where) for term, definition, where in ENTRY.findall(glossary)}
    entries = [f"{term}\n  {definition} [Read more]({where})" for term, (definition, where) in terms.items()]
    text = "\n\n".join(["# Glossary", "```{glossary}", *entries, "```\n"])
    (folder / "glossary.md").write_text(text.replace("```{glossary}\n", "```{glossary}"), encoding="utf-8")
    for_students = {lesson.name: variant(lesson.notebook, "student") for lesson in lessons(ROOT)}
    for path in sources:
        nbformat.write(for_students.get(path.name, nbformat.read(path, as_version=4)), downloads / path.name)
        notebook = reading_form(read_executed(path, EXECUTED))
        link_terms(notebook, path.name, terms)
        nbformat.write(notebook, folder / path.name)


def link_terms(notebook: nbformat.NotebookNode, name: str, terms: dict[str, tuple[str, str]]) -> None:
    """Link each term to the glossary where a notebook uses it first, unless it is the one that explains the term."""
    waiting = {term.lower(): (term, definition) for term, (definition, where) in terms.items() if where != name}
    pattern = re.compile(rf"\b({'|'.join(sorted(map(re.escape, waiting), key=len, reverse=True))})(?=s?\b)", re.I)

    def link(match):
        if match[1].lower() not in waiting:
            return match[0]
        term, definition = waiting.pop(match[1].lower())
        place = f"glossary.html#{anchor(term)}"
        return f'<a class="term" href="{place}" title="{html.escape(definition)}">{match[1]}</a>'

    first, *others = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    download = f'<a href="../download/{name}" download>download</a>'
    first.source = re.sub(r"^\*(Open in .+)\*$", rf"\1, or {download} it", first.source, flags=re.M)
    for cell in others:
        parts = PROTECTED.split(cell.source)  # every other part is protected
        cell.source = to_mathml("".join(part if i % 2 else pattern.sub(link, part) for i, part in enumerate(parts)))
    for cell in (first, *others):
        cell.source = cell.source.replace("](glossary.ipynb)", "](glossary.md)")


def anchor(term: str) -> str:
    """Name the place of a term in the glossary as Sphinx does."""
    ascii_only = unicodedata.normalize("NFKD", term).encode("ascii", "ignore").decode()
    return "term-" + re.sub(r"[^a-zA-Z0-9._]+", "-", ascii_only).strip("-")


def write_reference() -> None:
    """Write a page of the reference for each package: all that it offers, with types, from the docstrings."""
    folder = PAGES / "reference"
    folder.mkdir()
    for package in PACKAGES:
        module = import_module(f"mnist_tutorial.{package}")
        entries = []
        for name in sorted(getattr(module, "__all__", [name for name in vars(module) if name[0] != "_"])):
            thing = getattr(module, name)
            ours = getattr(thing, "__module__", "").startswith(module.__name__)
            if ours and inspect.isclass(thing) and hasattr(module, "__all__"):
                entries.append(f".. autoclass:: {module.__name__}.{name}\n   :members:\n")
            elif ours and inspect.isfunction(thing):
                entries.append(f".. autofunction:: {module.__name__}.{name}\n")
        text = [f"# mnist_tutorial.{package}", inspect.getdoc(module), "```{eval-rst}", *entries, "```\n"]
        (folder / f"{package}.md").write_text("\n\n".join(text), encoding="utf-8")
    text = [
        "# Reference",
        "The notebooks write `import mnist_tutorial as mt`; `mt` has all names of these packages that they need.",
        "```{toctree}\n" + "\n".join(PACKAGES) + "\n```\n",
    ]
    (folder / "index.md").write_text("\n\n".join(text), encoding="utf-8")


def write_report() -> None:
    """Write the report of our results, with a way back to the course."""
    folder = PAGES / "extra" / "report"
    call("mnist_tutorial", "benchmark", "report", ROOT / "results" / "cpu", "--out", folder)
    page = folder / "index.html"
    back = '<nav>\n<a href="../index.html">The course</a>'
    page.write_text(page.read_text(encoding="utf-8").replace("<nav>", back, 1), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(ROOT / "site")
    except SiteError as error:
        sys.exit(f"site: {error}")
