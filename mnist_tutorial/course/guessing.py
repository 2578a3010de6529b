"""A guess: what a reader expects of a figure before it is drawn, kept until then."""

from collections.abc import Sequence

import numpy as np


class Guess:
    """Ask for a guess, and keep it until the answer is known.

    Make it the last value of a cell to show it: in JupyterLab, widgets take the answer; elsewhere, set `answer`. A
    slider counts once you have moved it, or clicked the button below it. Nobody is stopped: if you run on without a
    guess, you see the answer all the same.

    Parameters
    ----------
    question : str
    choices : sequence of str, optional
        What to choose from. Without choices, the guess is a number.
    low, high : float
        The range of a number, or of the values of a curve.
    unit : str
        Put behind numbers as it is, as in " %".
    x : sequence of float, optional
        Makes the guess a curve, with a slider for its value at each x.

    Attributes
    ----------
    answer : str, float, list of float or None
        None until the reader has answered.

    Examples
    --------
    >>> longest = guess("Which bar is the longest?", ["files", "arrays"])
    >>> longest.answer = "files"  # where there are no widgets
    >>> longest.reveal("arrays")
    You guessed files; the answer is arrays.
    """

    def __init__(
        self,
        question: str,
        choices: Sequence[str] | None = None,
        *,
        low: float = 0,
        high: float = 100,
        unit: str = "",
        x: Sequence[float] | None = None,
    ):
        self.question, self.answer = question, None
        self._choices, self._unit, self._x, self._range = choices, unit, x, (low, high)

    def reveal(self, truth: str | float | Sequence[float]) -> None:
        """Print the answer beside the guess, in one line; of a curve, the answer has a value for each x."""
        if self._x is not None:
            print("You have not drawn a curve." if self.answer is None else self._distance(truth))
            return
        guessed, right = self._show(self.answer), self._show(truth)
        if guessed is None:
            print(f"The answer is {right}. You have not guessed.")
        elif guessed == right:
            print(f"You guessed {right}, and that is right.")
        else:
            print(f"You guessed {guessed}; the answer is {right}.")

    def _distance(self, truth):
        distance = np.abs(np.subtract(self.answer, truth))
        worst = int(np.argmax(distance))
        return (
            f"Your curve is {self._show(distance.mean())} off on average, and most at {self._x[worst]:.3g}: "
            f"you drew {self._show(self.answer[worst])}, and it is {self._show(truth[worst])}."
        )

    def _show(self, value):
        return value if value is None or isinstance(value, str) else f"{value:.3g}{self._unit}"

    def __repr__(self):
        return f"Guess first: {self.question}"

    def _repr_mimebundle_(self, **kwargs):
        return self._widget()._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}  # for pages that run nothing

    def _widget(self):
        import ipywidgets as widgets

        wide = {"width": "max-content"}
        if self._choices is not None:
            inputs = [widgets.RadioButtons(options=self._choices, value=None, layout=wide)]
        else:
            low, high = self._range
            looks = {"step": 1, "readout_format": ".0f"} if high - low >= 20 else {"step": (high - low) / 100}
            looks |= {"min": low, "max": high, "orientation": "horizontal" if self._x is None else "vertical"}
            names = [self._unit.strip()] if self._x is None else [f"at {x:.3g}" for x in self._x]
            inputs = [widgets.FloatSlider((low + high) / 2, description=name, **looks) for name in names]
        button = widgets.Button(description="That is my guess", layout=wide)  # for who leaves the slider where it is

        def answered(_):
            values = [box.value for box in inputs]
            self.answer = values if self._x is not None else values[0]
            button.icon = "check"

        button.on_click(answered)
        for box in inputs:
            box.observe(answered, "value")
        shown = [widgets.HTML(f"<b>Guess first:</b> {self.question}"), widgets.HBox(inputs)]
        return widgets.VBox(shown if self._choices is not None else [*shown, button])


guess = Guess
