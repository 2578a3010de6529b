import base64
import re

import pytest

from mnist_tutorial.benchmark.report.rendering import DARK, INK, style, to_address, to_png, to_svg
from mnist_tutorial.plots import BLUE, Picture


@pytest.fixture(scope="module")
def figure():
    with style():
        figure = Picture(figsize=(4, 3), layout="constrained")
        axes = figure.add_subplot(xlabel="a $dollar$ & <b>")
        axes.plot([1, 2, 3], [1, 3, 2], "o-", color=BLUE)
        axes.grid()
    return figure


@pytest.fixture(scope="module")
def svg(figure):
    return to_svg(figure)


def test_colours_follow_the_page(svg):
    style, body = svg.split("</style>", 1)
    light, dark = style.split("@media(prefers-color-scheme:dark)")
    for colour in (INK, BLUE):
        [name] = re.findall(rf"(--c\d):{colour}", light)
        assert f"{name}:{DARK[colour]}" in dark
        assert f"var({name})" in body
        assert colour.lower() not in body
    assert "#ffffff" not in body  # the page is the background


def test_it_refers_to_nothing_outside(svg):
    assert {link[:1] for link in re.findall(r'href="([^"]+)"', svg)} == {"#"}
    names = ["www.w3.org/2000/svg", "www.w3.org/1999/xlink", "www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"]
    assert set(re.findall(r"https?://([^\"' ]+)", svg)) <= set(names)  # which nobody fetches


def test_the_same_figure_gives_the_same_address_and_the_same_png(figure, svg, tmp_path):
    head, content = to_address(figure).split(",")
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(content).decode() == svg
    paths = [tmp_path / name for name in ("a.png", "b.png")]
    for path in paths:
        to_png(figure, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
