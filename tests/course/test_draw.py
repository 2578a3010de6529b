"""`mt.draw` in JupyterLab, in a real browser: somebody draws digits with the mouse, a finger and the keyboard."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from browser import browser
from lab_server import jupyter
from playwright.sync_api import expect

import mnist_tutorial as mt
from mnist_tutorial.course import strokes
from mnist_tutorial.course.canvas import SHOWN

pytestmark = pytest.mark.full
expect.set_options(timeout=90_000)

TRAINING = """
import threading

import mnist_tutorial as mt
import deeptrack as dt
from lightning import seed_everything

seed_everything(0)
source = mt.digit_source(mt.load("sample").train)
image = dt.Value(source.image) >> mt.Standardize()
loader = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), batch_size=64, shuffle=True)
network = mt.classifier(mt.models.mlp(hidden=(64,)))
mt.trainer(max_epochs=8).fit(network, loader)


def check(*_):  # a drawing is read when no cell runs: in another thread, the network could be in training
    assert threading.current_thread() is threading.main_thread()


network.register_forward_pre_hook(check)
"""
# No news, no question for a kernel.
SETTINGS = {"apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}
SETTINGS["notebook-extension/tracker"] = {"autoStartDefaultKernel": True}
TWENTY = json.loads(Path(strokes.__file__).with_name("twenty.json").read_text())["digits"]
DRAWN = {digit["label"]: digit["strokes"] for digit in TWENTY}  # the second of each
CORNER = [[[0.1, 0.1], [0.2, 0.1], [0.2, 0.25]], [[0.1, 0.15], [0.15, 0.25]]]


class Widget:
    """What a person does with a canvas, which is cleared first, and sees on it."""

    def __init__(self, page, number):
        self.page, self.root = page, page.locator(".mnist-draw").nth(number)
        parts = ("reading", "note", "count", "paper", "seen")
        self.reading, self.note, self.count, self.paper, self.seen = (self.root.locator(f".{name}") for name in parts)
        if self.button("Clear").is_enabled():
            self.button("Clear").click()
        expect(self.seen).to_have_attribute("aria-label", "An empty image")

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def where(self, x, y):
        box = self.paper.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def draw(self, lines):
        self.paper.scroll_into_view_if_needed()
        for line in lines:
            self.page.mouse.move(*self.where(*line[0]))
            self.page.mouse.down()
            for point in line[1:]:
                self.page.mouse.move(*self.where(*point))
            self.page.mouse.up()

    def shows(self, image):
        """Wait until an image is shown, but for what a line drawn with the mouse is off by half a pixel."""
        self.page.wait_for_function(
            """([canvas, image]) => {
                const data = canvas.getContext("2d").getImageData(0, 0, 28, 28).data;
                return image.reduce((sum, ink, i) => sum + Math.abs(255 - data[4 * i] - ink), 0) < 784 * 6;
            }""",
            arg=[self.seen.element_handle(), image.ravel().tolist()],
            timeout=90_000,
        )


def choose(page, menu, entry):
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_text(entry, exact=True).click()


def run_all(page):
    widgets = page.locator(".mnist-draw")
    for old in widgets.all():
        old.evaluate("root => root.classList.add('old')")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    choose(page, "Run", "Run All Cells")
    expect(page.locator(".mnist-draw.old")).to_have_count(0)
    expect(widgets).to_have_count(2)
    expect(page.get_by_text("[*]:", exact=True)).to_have_count(0)  # until then, the page may still scroll


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A page of JupyterLab with two canvases, one with a network, one for drawings as they are; and what was kept."""
    folder = tmp_path_factory.mktemp("draw")
    (folder / "course").mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in (TRAINING, "mt.draw(network)", "mt.draw(centre=False)")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "course/draw.ipynb")
    for name, values in SETTINGS.items():
        path = folder / f"JUPYTERLAB_SETTINGS_DIR/@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))
    places = "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"
    environment = {name: str(folder / name) for name in (*places, "MNIST_TUTORIAL_CACHE")}
    with (
        jupyter("jupyter", "lab", "--allow-root", f"{folder}/course", **environment) as (address, token),
        browser() as chromium,
    ):
        page = chromium.new_context(viewport={"width": 1000, "height": 1600}, has_touch=True).new_page()
        page.set_default_timeout(90_000)
        page.goto(f"{address}doc/tree/draw.ipynb?token={token}&reset")
        run_all(page)
        file = folder / "MNIST_TUTORIAL_CACHE/checkpoints/drawings.json"
        yield SimpleNamespace(page=page, kept=lambda: json.loads(file.read_text())["digits"])


@pytest.fixture
def canvas(notebook):
    return Widget(notebook.page, 0)


@pytest.fixture
def other(notebook):
    return Widget(notebook.page, 1)


def test_a_digit_drawn_with_the_mouse_is_read(canvas):
    canvas.draw(DRAWN[1])
    expect(canvas.reading).to_contain_text("reads 1")
    canvas.shows(mt.prepare(strokes.picture(DRAWN[1])))
    expect(canvas.root.locator(".bars .first").first).to_have_text("1")
    expect(canvas.root.locator(".bars .share")).to_have_text([re.compile(r"\d %$")] * 10)


def test_undo_clear_and_what_the_preparation_does(canvas):
    canvas.draw(CORNER)
    canvas.root.get_by_label("prepare as MNIST does").uncheck()
    canvas.shows(mt.prepare(strokes.picture(CORNER), centre=False))
    canvas.button("Undo").click()
    canvas.shows(mt.prepare(strokes.picture(CORNER[:1]), centre=False))
    canvas.root.get_by_label("prepare as MNIST does").check()
    canvas.shows(mt.prepare(strokes.picture(CORNER[:1])))
    canvas.button("Clear").click()
    expect(canvas.seen).to_have_attribute("aria-label", "An empty image")
    expect(canvas.reading).to_have_text("")
    for name in ("Undo", "Clear", "Keep as 4"):
        expect(canvas.button(name)).to_be_disabled()


def test_kept_digits_are_written_counted_shown_newest_last_and_can_be_removed(notebook, canvas, other):
    for label in (4, 0):
        canvas.draw(DRAWN[label])
        canvas.button(f"Keep as {label}").click()
        expect(canvas.note).to_contain_text(str(label))
        expect(canvas.seen).to_have_attribute("aria-label", "An empty image")
    assert [digit["label"] for digit in notebook.kept()] == [4, 0]
    drawn, kept = (strokes.picture(lines).astype(int) for lines in (DRAWN[4], notebook.kept()[0]["strokes"]))
    assert np.abs(drawn - kept).mean() < 3
    for widget in (canvas, other):
        expect(widget.count).to_have_text("2 kept")
        pictures = widget.root.get_by_role("list", name="Digits kept").get_by_role("img")
        expect(pictures).to_have_count(2)
        expect(pictures.last).to_have_attribute("aria-label", "Your drawing of a 0")
        ink = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
        assert pictures.last.evaluate(ink)
    for number in range(3, SHOWN + 2):
        canvas.draw(CORNER)
        canvas.button("Keep as 7").click()
        expect(canvas.count).to_have_text(re.compile(f"^{number} kept"))
    expect(pictures).to_have_count(SHOWN)
    expect(other.count).to_contain_text(f"newest {SHOWN}")
    for left in range(SHOWN, -1, -1):
        canvas.button("Remove the last").click()
        expect(other.count).to_have_text(f"{left} kept")
        expect(pictures).to_have_count(left)
    assert notebook.kept() == []
    expect(canvas.button("Remove the last")).to_be_disabled()


def test_a_finger_draws_and_does_not_scroll(canvas):
    canvas.paper.scroll_into_view_if_needed()
    before, finger = canvas.where(0, 0), canvas.page.context.new_cdp_session(canvas.page)
    for line in CORNER:
        for i, (x, y) in enumerate(canvas.where(*point) for point in line):
            kind = "touchMove" if i else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    canvas.shows(mt.prepare(strokes.picture(CORNER)))
    assert canvas.where(0, 0) == before


def test_keys_reach_the_buttons_and_not_the_notebook(canvas):
    cells = canvas.page.locator(".jp-CodeCell")
    canvas.draw(CORNER)
    canvas.paper.focus()
    canvas.page.keyboard.press("Control+z")
    canvas.shows(mt.prepare(strokes.picture(CORNER[:1])))
    canvas.page.keyboard.press("Tab")
    expect(canvas.button("Undo")).to_be_focused()
    for key in ("d", "d", "x", "b"):  # delete, cut, insert: commands of a notebook
        canvas.page.keyboard.press(key)
    canvas.page.keyboard.press("Enter")
    expect(canvas.seen).to_have_attribute("aria-label", "An empty image")
    expect(canvas.paper).to_be_focused()
    expect(cells).to_have_count(3)


def test_a_restarted_kernel_is_reported_and_the_kept_digits_are_there_when_the_cells_run_again(notebook, canvas):
    canvas.draw(DRAWN[0])
    canvas.button("Keep as 0").click()
    expect(canvas.count).to_have_text("1 kept")
    choose(notebook.page, "Kernel", "Restart Kernel…")
    notebook.page.get_by_role("button", name="Confirm Kernel Restart").click()
    canvas.draw(CORNER)
    expect(canvas.note).to_contain_text("kernel")
    canvas.button("Undo").click()  # the page works on
    expect(canvas.button("Clear")).to_be_enabled()
    run_all(notebook.page)
    expect(canvas.note).to_have_text("")
    expect(canvas.count).to_have_text("1 kept")
    canvas.draw(DRAWN[4])
    expect(canvas.reading).to_contain_text("reads 4")
    canvas.button("Keep as 4").click()
    expect(canvas.count).to_have_text("2 kept")
    assert [digit["label"] for digit in notebook.kept()] == [0, 4]
