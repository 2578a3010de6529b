import sys

import matplotlib as mpl
import pytest
from conftest import ROOT

import mnist_tutorial as mt

sys.path.insert(0, str(ROOT / "tools"))
import diagrams


@pytest.mark.parametrize("name", mt.diagrams.__all__)
def test_a_notebook_shows_a_picture_with_a_text_for_those_who_cannot_see_it(name):
    drawing = getattr(mt.diagrams, name)()
    assert drawing.data.startswith((b"GIF", b"<?xml"))
    assert len(drawing.alt) > 100
    assert f'<img alt="{drawing.alt}"' in drawing._repr_html_()


def test_of_a_network_with_other_layers_there_is_no_drawing():
    with pytest.raises(mt.MNISTError, match="784, 10"):
        mt.diagrams.layers((784, 10))


def test_the_figures_are_those_that_are_drawn_now(tmp_path):
    diagrams.draw(tmp_path)
    before, now = (
        {path.name: path.read_bytes() for path in folder.iterdir()} for folder in (diagrams.FOLDER, tmp_path)
    )
    assert before.keys() == now.keys()
    if f"Matplotlib v{mpl.__version__},".encode() in before["neuron.svg"]:  # another release may draw otherwise
        assert [name for name in now if before[name] != now[name]] == [], "python tools/diagrams.py draws them anew"
