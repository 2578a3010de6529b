"""A guess: widgets take it, and one line compares it with the truth."""

import re

import pytest

import mnist_tutorial as mt

NOTHING, BUTTON = "run on", "click the button"  # what a reader may do; or move a slider, or choose
CHOICES, CURVE = {"choices": ["files", "arrays"]}, {"x": [0, 0.5, 1], "unit": " %"}
# What a reader is asked; what is done, and the guess that this makes; the truth, and words of the line.
CASES = [
    (CHOICES, "arrays", "arrays", "files", "You guessed arrays.* files"),
    (CHOICES, "arrays", "arrays", "arrays", "right"),
    (CHOICES, NOTHING, None, "arrays", r"arrays\. You have not guessed"),
    ({"unit": " %"}, 98, 98, 98.02, "98 %.*right"),  # as it is shown
    ({"unit": " %"}, 98, 98, 70.0, "98 %.* 70 %"),
    ({}, BUTTON, 50, 50, "50, and that is right"),
    ({}, NOTHING, None, 3, r"3\. You have not guessed"),
    # On average, where it is worst, and what it is there.
    (CURVE, 90, [90, 50, 50], [100, 50, 20], r"13\.3 %.* at 1:.* 20 %"),
    (CURVE, BUTTON, [50, 50, 50], [50, 50, 50], "0 % off"),
    (CURVE, NOTHING, None, [1, 2, 3], "You have not drawn"),
]


@pytest.mark.parametrize(("options", "done", "answer", "truth", "words"), CASES)
def test_a_guess_is_taken_from_the_widget_and_compared(options, done, answer, truth, words, capsys):
    guess = mt.guess("What?", **options)
    assert "application/vnd.jupyter.widget-view+json" in guess._repr_mimebundle_()
    _, box, *button = guess._widget().children
    first, *others = box.children
    assert len(others) == len(options.get("x", [0])) - 1
    assert (first.value is None) if "choices" in options else (first.min, first.value, first.max) == (0, 50, 100)
    if done == BUTTON:
        button[0].click()
    elif done != NOTHING:
        first.value = done
    assert guess.answer == answer
    assert [each.icon for each in button] == ["check" if answer else ""] * ("choices" not in options)
    guess.reveal(truth)
    (line,) = capsys.readouterr().out.splitlines()
    assert re.search(words, line)
