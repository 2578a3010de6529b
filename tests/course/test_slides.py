"""Pages: notebooks that were run, and slides; in a real browser, these fit the page, and fetch nothing."""

import base64
import re

import nbformat
import pytest
from browser import browser
from conftest import APART, ROOT
from nbformat.v4 import new_output

import mnist_tutorial as mt
from mnist_tutorial.course.lesson import lessons, tags
from mnist_tutorial.course.pages import WIDGET, assets, read_executed, slides

PICTURE = base64.b64encode((ROOT / "docs/pictures/benchmark.png").read_bytes()).decode()
LESSONS = {lesson.name: lesson.notebook for lesson in lessons(ROOT)}
FIGURE = new_output("display_data", {"image/png": PICTURE})


def body(*cells):
    """Make the slides of cells, each its tags, a source and outputs of code; returns their HTML, without scripts."""
    notebook = nbformat.v4.new_notebook()
    for names, source, *outputs in cells:
        text = source.startswith(("#", "-"))
        make = nbformat.v4.new_markdown_cell if text else nbformat.v4.new_code_cell
        notebook.cells.append(make(source, metadata={"tags": names.split()}, **({} if text else {"outputs": outputs})))
    return slides(notebook).partition("<body")[2].partition("<script")[0]


def printed(text):
    return new_output("stream", text=text)


def test_of_code_a_slide_shows_the_figure_and_the_source_only_where_that_is_asked_for():
    outputs = printed("in words\n"), FIGURE
    kinds = {"first": "slide", "second": "slide-more", "third": "slide slide-code", "fourth": ""}
    made = body(*((kind, source, *outputs) for source, kind in kinds.items()))
    assert made.count("<section") == 2 * 2  # reveal.js has them twice
    assert made.count("<img") == 3
    assert [source for source in kinds if source in made] == ["third"]
    assert made.count("in words") == 1  # with the code that prints it
    assert 'class="highlight' in made


CLAIM = printed("✓ accuracy: 0.97, at least 0.9\n"), printed("The answer is 97. You have not guessed.\n")
VALUE = new_output("execute_result", {"text/plain": "<Forwarder at 0x7f>"}, execution_count=1)
ASKS = 'fit()\nmt.checks.claim("accuracy", 0.97, at_least=0.9)\nguessed = mt.guess("How many?")\nguessed'
# Code without a figure: its tags, the source, its outputs, what a slide shows of both, and what it does not.
CODE = [
    ("slide", "neuron()", (), "neuron", "Forwarder"),
    ("slide slide-code", "confusion()", (printed("long\n" * 99),), "confusion", "long"),
    ("slide", "compare()", CLAIM, r"The answer is 97\.", "compare|accuracy|guessed"),
    ("slide slide-code", "fit()", (printed("first\n"), printed("second\n"), VALUE), "first\nsecond\n", "Forwarder"),
    ("slide slide-code", ASKS, CLAIM, "fit", "claim|accuracy|guessed"),
]


@pytest.mark.parametrize(("names", "source", "outputs", "shown", "hidden"), CODE)
def test_code_without_a_figure_shows_what_is_short_or_itself_and_no_claim(names, source, outputs, shown, hidden):
    made = body((names, source, *outputs))
    assert re.search(shown, made)
    assert not re.search(hidden, made)


def test_a_slide_that_begins_with_code_repeats_the_last_headline():
    made = body(("slide slide-only", "## Downhill\n\n- steps"), ("slide slide-code", "step()"))
    assert made.count("<section") == 2 * 2
    assert re.findall("<h2[^>]*>(\\w+)", made) == ["Downhill", "Downhill"]


def test_text_for_slides_is_shown_and_what_leads_out_of_a_notebook_is_not():
    first = "# 1. Title\n\n*Previous: [2. Two](02.ipynb)*\n\n*Open in [Colab](https://x)*\n\n**Time** 45 minutes"
    made = body(("slide", first), ("slide slide-only", "- $x^2$, as in [notebook 3](03.ipynb)"))
    assert "Time" in made
    assert "<math" in made
    assert not re.search("Previous|Colab|ipynb", made)


@pytest.mark.parametrize("name", LESSONS)
def test_each_deck_shows_the_lines_of_both_libraries_and_no_caption_without_its_figure(name):
    cells, code = LESSONS[name].cells, ""
    assert 8 <= sum("slide" in tags(cell) for cell in cells) <= 20
    for cell, before in zip(cells, [None, *cells], strict=False):
        kind = tags(cell)
        assert not {"slide-only", "slide-code"} & kind or {"slide", "slide-more"} & kind, cell.source
        assert "slide-only" not in kind or cell.cell_type == "markdown", cell.source
        if "slide-code" in kind:
            assert cell.cell_type == "code"
            code += f"{cell.source}\n"
        if cell.source.startswith("*Figure.") and {"slide", "slide-more"} & kind:
            assert "slide-more" in kind, cell.source
            assert {"slide", "slide-more"} & tags(before), cell.source
    lesson = "\n".join(cell.source for cell in cells if cell.cell_type == "code" and not APART & tags(cell))
    for library in (r"\bdt\.", r"\bdl\."):
        assert re.search(library, code) or not re.search(library, lesson), f"no slide-code cell has {library}"


# What may have become of a notebook that was run, and whether its copy is still good.
CHANGES = {
    "nothing": (lambda cell: None, True),
    "edited": (lambda cell: cell.update(source="1 + 2"), False),
    "interrupted": (lambda cell: cell.update(execution_count=None), False),
    "failed": (lambda cell: cell.outputs.append(new_output("error", ename="E", evalue="", traceback=[])), False),
}


def executed(folder, change):
    """Write a notebook of one cell, and a copy that was run and then changed; reads it as pages do."""
    path, cell = folder / "01_x.ipynb", nbformat.v4.new_code_cell("1 + 1")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(notebook, path)
    assert read_executed(path, folder / "executed") is None
    (folder / "executed").mkdir()
    cell.update(execution_count=1, outputs=[new_output("stream", text="2")])
    change(cell)
    nbformat.write(notebook, folder / "executed" / path.name)
    return read_executed(path, folder / "executed")


@pytest.mark.parametrize("kind", CHANGES)
def test_a_notebook_that_was_run_is_read_unless_it_has_changed_since_or_did_not_end(kind, tmp_path):
    change, good = CHANGES[kind]
    notebook = executed(tmp_path, change)
    assert notebook.cells[0].outputs[0].text == "2" if good else notebook is None


def test_widgets_are_told_in_words_and_bars_of_progress_are_left_out(tmp_path, empty_cache):
    question = "How many, in friends' eyes?"
    shown = [mt.guess(question)._repr_mimebundle_(), {WIDGET: {}, "text/plain": "training: 0%"}]
    shown += [mt.draw()._repr_mimebundle_()[0], {"text/plain": "2"}]
    outputs = [new_output("display_data", data) for data in shown]
    outputs.append(new_output("stream", name="stderr", text="a warning"))
    asked, canvas, value = executed(tmp_path, lambda cell: cell.update(outputs=outputs)).cells[0].outputs
    assert asked.data["text/markdown"] == f"**Guess first:** {question}"
    assert "JupyterLab" in canvas.data["text/markdown"]
    assert value.data["text/plain"] == "2"


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture
def show(chromium, tmp_path):
    """Open slides at the size of a projector; the value lists what went wrong."""
    for name, content in assets().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    page, wrong = chromium.new_page(viewport={"width": 1280, "height": 720}), []
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))

    def open_slides(notebook):
        path = tmp_path / "slides/01_x.html"
        path.write_text(slides(notebook), encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady() && Reveal.getCurrentSlide().style.zoom")
        return page, wrong

    yield open_slides
    page.close()


def each_slide(page):
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("number => Reveal.slide(number)", number)
        page.wait_for_function("Reveal.getCurrentSlide().style.zoom")
        yield page.evaluate(
            "(slide => ({text: slide.innerText, box: slide.getBoundingClientRect().toJSON(),"
            " zoom: Number(slide.style.zoom), wide: slide.scrollWidth > slide.clientWidth + 1}))"
            "(Reveal.getCurrentSlide())"
        )


@pytest.mark.full
@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("executed", [False, True])
def test_each_slide_is_whole_and_nothing_is_fetched(name, executed, show):
    notebook = read_executed(ROOT / "notebooks" / name, ROOT / "build/executed") if executed else LESSONS[name]
    assert notebook is not None, "this notebook has not been run: make notebooks"
    page, wrong = show(notebook)
    shown = list(each_slide(page))
    assert len(shown) == sum("slide" in tags(cell) for cell in notebook.cells)
    for slide in shown:
        assert slide["text"].strip(), slide
        assert slide["box"]["bottom"] <= 721, slide
        assert slide["box"]["right"] <= 1281, slide
        assert not slide["wide"], slide
        assert slide["zoom"] >= 0.6, slide  # readable
        assert not re.search(r"ipynb|\$", slide["text"]), slide
    assert "What goes wrong in class" in page.locator("aside.notes").first.text_content()  # for the speaker only
    assert "What goes wrong in class" not in page.locator(".slides").inner_text()
    assert shown[0]["text"].startswith(LESSONS[name].cells[0].source.splitlines()[0].lstrip("# "))
    assert not wrong
