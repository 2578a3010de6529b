"""The canvas: a widget whose page is in `canvas.js`, and whose drawings are read here."""

from pathlib import Path
from weakref import WeakSet

import anywidget
import numpy as np
import traitlets

from mnist_tutorial.compat import run_in_main_thread
from mnist_tutorial.course.drawing import kept
from mnist_tutorial.course.drawing.strokes import PEN, THIN, are_strokes, picture
from mnist_tutorial.data import Split
from mnist_tutorial.data.handwriting import prepare
from mnist_tutorial.errors import MNISTError

HERE = Path(__file__).parent
SHOWN = 12  # of the digits that are kept; they fit into one row
_canvases = WeakSet()  # one file for all: what one canvas keeps, the others count, too


class Canvas(anywidget.AnyWidget):
    """A canvas for digits; see `draw`.

    The page sets the first group of traits, and Python answers with the second one.

    Attributes
    ----------
    strokes : list
        What is drawn, as in `are_strokes`.
    centre : bool
        Whether the drawing is prepared as MNIST's digits were.
    request : dict
        A number ``id`` and an ``action``: "keep", with ``label`` and ``strokes``, or "remove".

    image : bytes
        The 28 x 28 pixels that the network sees; none if nothing is drawn.
    probabilities : list of float
        Of the ten digits; none without a network, or if nothing is drawn.
    count : int
        How many digits are kept.
    kept : list of dict
        The last ones of them, the newest last: the ``label`` and the ``strokes`` of each.
    answer : dict
        The ``id`` of the last request, whether it is ``done``, and a ``message``.
    message : str
        What is wrong, if anything is.
    """

    _esm = HERE / "canvas.js"
    _css = HERE / "canvas.css"
    strokes = traitlets.List().tag(sync=True)
    centre = traitlets.Bool(True).tag(sync=True)
    request = traitlets.Dict().tag(sync=True)
    asked = traitlets.Int().tag(sync=True)  # the number of the page's last change,

    answered = traitlets.Int().tag(sync=True)  # and of the last one that was seen here
    image = traitlets.Bytes().tag(sync=True)
    probabilities = traitlets.List().tag(sync=True)
    has_network = traitlets.Bool().tag(sync=True)
    has_box = traitlets.Bool().tag(sync=True)  # that switches `centre`
    pens = traitlets.List([THIN, PEN]).tag(sync=True)
    count = traitlets.Int().tag(sync=True)
    kept = traitlets.List().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self, network=None, features=None, centre=True):
        digits = kept.kept()
        super().__init__(has_network=network is not None, has_box=centre, centre=centre)
        self._show_kept(digits)
        self._network, self._features = network, features
        _canvases.add(self)

    def __repr__(self):
        return "A canvas to draw digits on. It needs JupyterLab, VS Code or Colab; mt.my_digits() works everywhere."

    def _handle_msg(self, msg):
        run_in_main_thread(lambda: super(Canvas, self)._handle_msg(msg))

    def _show_kept(self, digits):
        with self.hold_sync():
            self.count, self.kept = len(digits), digits[-SHOWN:]

    @traitlets.observe("strokes", "centre")
    def _look(self, change):
        image, probabilities, message = b"", [], ""
        try:
            if self.strokes and are_strokes(self.strokes):
                pixels = prepare(picture(self.strokes), self.centre)
                image = pixels.tobytes()
                if self._network is not None:
                    probabilities = self._read(pixels)
        except Exception as error:  # any network may come; the page is the only place where its error is seen
            message = f"The network cannot read the drawing. {type(error).__name__}: {error}"
        with self.hold_sync():
            self.image, self.probabilities, self.message = image, probabilities, message

    def _read(self, pixels):
        import torch

        from mnist_tutorial.training import predict

        split = Split(pixels[None], np.zeros(1, np.int64), np.zeros(1, np.int64))
        with torch.random.fork_rng(devices=[]):  # a drawing does not change the random numbers of the notebook
            logits = predict(self._network, split, self._features)
        if not np.isfinite(logits).all():
            raise MNISTError("its logits are not finite: the training has diverged")
        return torch.softmax(torch.from_numpy(logits[0]), 0).tolist()

    @traitlets.observe("request")
    def _act(self, change):
        request, done = self.request, True
        try:
            if request.get("action") == "keep":
                digits, message = kept.keep(request["label"], request["strokes"]), f"Kept as {request['label']}."
            else:
                digits, message = kept.remove_last(), "Removed the digit that was kept last."
            for canvas in _canvases:
                canvas._show_kept(digits)
        except MNISTError as error:
            message, done = str(error), False
        self.answer = {"id": request.get("id"), "done": done, "message": message}

    @traitlets.observe("asked")
    def _tell(self, change):
        self.answered = self.asked
