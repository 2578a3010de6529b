"""A guess: widgets take it, and one line compares it with the truth."""

import re

import pytest

import mnist_tutorial as mt


def parts(guess):
    """Return the widgets that a reader sees: those to change, and the button if there is one."""
    assert "application/vnd.jupyter.widget-view+json" in guess._repr_mimebundle_()
    _, box, *button = guess._widget().children
    return box.children, *button


# What a reader is asked; what is chosen, and the guess that this makes; the truth, and words of the line.
CASES = [
    ({"choices": ["files", "arrays"]}, "arrays", "arrays", "files", "You guessed arrays.* files"),
    ({"choices": ["files", "arrays"]}, "arrays", "arrays", "arrays", "right"),
    ({"unit": " %"}, 98, 98, 98.02, "98 %.*right"),  # as it is shown
    ({"unit": " %"}, 98, 98, 70.0, "98 %.* 70 %"),
    # On average, where it is worst, and what it is there.
    ({"x": [0, 0.5, 1], "unit": " %"}, 90, [90, 50, 50], [100, 50, 20], r"13\.3 %.* at 1:.* 20 %"),
]


@pytest.mark.parametrize(("options", "chosen", "answer", "truth", "words"), CASES)
def test_a_guess_is_taken_from_the_widget_and_compared(options, chosen, answer, truth, words, capsys):
    guess = mt.guess("What?", **options)
    (first, *others), *_ = parts(guess)
    assert len(others) == len(options.get("x", [0])) - 1
    assert (first.value is None) if "choices" in options else (first.min, first.value, first.max) == (0, 50, 100)
    first.value = chosen
    assert guess.answer == answer
    guess.reveal(truth)
    (line,) = capsys.readouterr().out.splitlines()
    assert re.search(words, line)


@pytest.mark.parametrize(("options", "middle"), [({}, 50), ({"x": [1, 2]}, [50, 50])])
def test_a_guess_of_the_middle_is_made_with_the_button(options, middle, capsys):
    guess = mt.guess("How many?", **options)
    _, button = parts(guess)
    assert (guess.answer, button.icon) == (None, "")
    button.click()
    assert (guess.answer, button.icon) == (middle, "check")
    guess.reveal(middle)
    assert "not" not in capsys.readouterr().out


@pytest.mark.parametrize(("options", "truth"), [({}, 3), ({"x": [1, 2]}, [1, 2]), ({"choices": ["a", "b"]}, "a")])
def test_nobody_has_to_guess(options, truth, capsys):
    guess = mt.guess("And?", **options)
    guess.reveal(truth)
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("options", [{"choices": ["one"]}, {"choices": ["a", "b"], "x": [1]}])
def test_a_question_without_a_choice_is_refused(options):
    with pytest.raises(ValueError, match="expected at least two"):
        mt.guess("And?", **options)
