import re
import xml.etree.ElementTree as ET

import pytest

from mnist_tutorial.benchmark.report.svg import INK, style, to_png, to_svg
from mnist_tutorial.plots import BLUE, Picture


@pytest.fixture
def figure():
    with style():
        figure = Picture(figsize=(4, 3), layout="constrained")
        axes = figure.add_subplot(xlabel="a $dollar$ & <b>")
        axes.plot([1, 2, 3], [1, 3, 2], "o-", color=BLUE)
        axes.grid()
    return figure


def test_it_is_one_image_with_a_text_in_place_of_it(figure):
    root = ET.fromstring(to_svg(figure, "one", 'a "line" & <more>'))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a "line" & <more>'
    assert "viewBox" in root.attrib
    assert "a $dollar$ & <b>" in list(root.itertext())


def test_it_takes_the_colour_of_the_text_around(figure):
    text = to_svg(figure, "one", "")
    assert "currentColor" in text
    assert INK not in text
    assert f"var(--mark-0, {BLUE.lower()})" in text
    assert "#ffffff" not in text  # no paper of its own


def test_ids_of_two_figures_do_not_clash(figure):
    one, two = (to_svg(figure, key, "") for key in ("one", "two"))
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (one, two)]
    assert not ids[0] & ids[1]
    for text, known in zip((one, two), ids, strict=True):
        used = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
        assert used
        assert used <= known


def test_it_refers_to_nothing_outside_and_styles_nothing_outside(figure):
    text = to_svg(figure, "one", "")
    assert "<style" not in text
    assert "metadata" not in text
    assert {link[:1] for link in re.findall(r'href="([^"]+)"', text)} == {"#"}
    addresses = set(re.findall(r"https?://[^\"' ]+", text))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, which nobody fetches


def test_the_same_figure_gives_the_same_text_and_the_same_png(figure, tmp_path):
    assert to_svg(figure, "one", "") == to_svg(figure, "one", "")
    paths = [tmp_path / name for name in ("a.png", "b.png")]
    for path in paths:
        to_png(figure, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes().startswith(b"\x89PNG")


def test_the_png_is_on_white(figure, tmp_path):
    from PIL import Image

    to_png(figure, tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)
