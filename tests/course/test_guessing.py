"""A guess: widgets take it, and one line compares it with the truth."""

import ipywidgets as widgets
import pytest

import mnist_tutorial as mt


def inputs(guess):
    """Return the widgets of a guess that a reader can change."""
    view = guess._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in view
    return guess._widget().children[1].children


def button(guess):
    return guess._widget().children[2]


def test_a_choice_is_taken_from_the_widget_and_compared(capsys):
    guess = mt.guess("Which bar is the longest?", ["files", "arrays"])
    (box,) = inputs(guess)
    assert box.value is None
    box.value = "arrays"
    assert guess.answer == "arrays"
    guess.reveal("files")
    guess.reveal("arrays")
    wrong, right = capsys.readouterr().out.splitlines()
    assert "arrays" in wrong
    assert "files" in wrong
    assert "right" in right


def test_a_number_is_compared_as_it_is_shown(capsys):
    guess = mt.guess("How many percent?", low=0, high=100, unit=" %")
    (slider,) = inputs(guess)
    assert isinstance(slider, widgets.FloatSlider)
    assert (slider.min, slider.max) == (0, 100)
    slider.value = 98
    guess.reveal(98.02)
    guess.reveal(70.0)
    right, wrong = capsys.readouterr().out.splitlines()
    assert "right" in right
    assert "98 %" in wrong
    assert "70 %" in wrong


def test_a_curve_is_compared_point_by_point(capsys):
    guess = mt.guess("How does it fall?", x=[0, 0.5, 1], low=0, high=100, unit=" %")
    sliders = inputs(guess)
    assert len(sliders) == 3
    sliders[0].value = 90
    assert guess.answer == [90, 50, 50]
    guess.reveal([100, 50, 20])
    (line,) = capsys.readouterr().out.splitlines()
    assert "13.3 %" in line  # on average
    assert "at 1" in line  # where it is worst
    assert "20 %" in line


@pytest.mark.parametrize(("options", "middle"), [({}, 50), ({"x": [1, 2]}, [50, 50])])
def test_who_guesses_the_middle_leaves_the_slider_there_and_says_so(options, middle, capsys):
    guess = mt.guess("How many?", **options)
    confirm = button(guess)
    assert (guess.answer, confirm.icon) == (None, "")
    confirm.click()
    assert (guess.answer, confirm.icon) == (middle, "check")
    guess.reveal(middle)
    assert "not" not in capsys.readouterr().out
    assert len(mt.guess("Which?", ["a", "b"])._widget().children) == 2


@pytest.mark.parametrize("options", [{}, {"x": [1, 2]}, {"choices": ["a", "b"]}])
def test_nobody_has_to_guess(options, capsys):
    guess = mt.guess("And?", **options)
    guess.reveal([1, 2] if "x" in options else "a" if "choices" in options else 3)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_question_without_a_choice_is_refused():
    for options in ({"choices": ["one"]}, {"choices": ["a", "b"], "x": [1]}):
        with pytest.raises(ValueError, match="expected at least two"):
            mt.guess("And?", **options)
