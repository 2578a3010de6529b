"""Slides in a real browser: they show everything, fit the page, and fetch nothing."""

import base64
import shutil

import nbformat
import pytest
from conftest import ROOT
from playwright.sync_api import sync_playwright

from mnist_tutorial.course import workshop
from mnist_tutorial.course.lesson import tags
from mnist_tutorial.course.slides import assets, slides

pytestmark = pytest.mark.full
CHROMIUM = shutil.which("chromium")  # Debian's package of this name
PICTURE = base64.b64encode((ROOT / "docs/benchmark.png").read_bytes()).decode()
LESSONS = {lesson.name[:2]: lesson.notebook for lesson in workshop.lessons(ROOT)}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path):
    """Open slides at the size of a projector; the value lists what went wrong."""
    for name, content in assets().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    page, wrong = browser.new_page(viewport={"width": 1280, "height": 720}), []
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))

    def open_slides(notebook):
        (tmp_path / "slides.html").write_text(slides(notebook, "A title"), encoding="utf-8")
        page.goto((tmp_path / "slides.html").as_uri())
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
            " wide: slide.scrollWidth > slide.clientWidth + 1}))(Reveal.getCurrentSlide())"
        )


def with_figures(notebook):
    """Run a notebook, as far as slides can tell."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                nbformat.v4.new_output("stream", text="printed"),
                nbformat.v4.new_output("display_data", {"image/png": PICTURE}),
            ]
    return notebook


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("executed", [False, True])
def test_each_slide_is_whole_and_nothing_is_fetched(name, executed, show):
    notebook = nbformat.from_dict(LESSONS[name])
    page, wrong = show(with_figures(notebook) if executed else notebook)
    shown = list(each_slide(page))
    assert len(shown) == sum("slide" in tags(cell) for cell in notebook.cells)
    assert 8 <= len(shown) <= 18
    for slide in shown:
        assert slide["text"].strip()
        assert slide["box"]["bottom"] <= 721, slide
        assert slide["box"]["right"] <= 1281, slide
        assert not slide["wide"], slide
        assert "ipynb" not in slide["text"]
        assert "$" not in slide["text"]
        assert "printed" not in slide["text"]
    assert shown[0]["text"].startswith(LESSONS[name].cells[0].source.splitlines()[0].lstrip("# "))
    assert not wrong


def test_notes_are_for_the_speaker_only(show):
    page, _ = show(LESSONS["01"])
    assert "What goes wrong in class" not in page.locator(".slides").inner_text()
    assert "What goes wrong in class" in page.locator("aside.notes").first.text_content()


def test_formulas_are_shown(show):
    page, _ = show(LESSONS["04"])
    assert page.locator("math").count() > 3
