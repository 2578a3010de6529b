"""The canvas: a widget whose page is in `canvas.js`, and whose drawings are read here."""

from pathlib import Path
from weakref import WeakSet

import anywidget
import numpy as np
import torch
import traitlets

from mnist_tutorial.compat import run_in_main_thread
from mnist_tutorial.course.strokes import PEN, THIN, keep, kept, picture, remove_last
from mnist_tutorial.data import Split, prepare
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.training import predict

SHOWN = 12  # of the digits that are kept; they fit into one row
_canvases = WeakSet()  # one file for all: what one canvas keeps, the others count, too


class Canvas(anywidget.AnyWidget):
    """A canvas for digits; see `draw`. The page sets the first group of traits, and Python answers with the second."""

    _esm = Path(__file__).with_name("canvas.js")
    _css = Path(__file__).with_name("canvas.css")
    strokes = traitlets.List().tag(sync=True)  # what is drawn
    centre = traitlets.Bool(True).tag(sync=True)  # whether the drawing is prepared as MNIST's digits were
    request = traitlets.Dict().tag(sync=True)  # its id, an action: keep or remove; to keep, a label and strokes
    asked = traitlets.Int().tag(sync=True)  # the number of the page's last change,

    answered = traitlets.Int().tag(sync=True)  # and of the last one that was seen here
    image = traitlets.Bytes().tag(sync=True)  # the 28 x 28 pixels that the network sees; none if nothing is drawn
    probabilities = traitlets.List().tag(sync=True)  # of the ten digits, if there is a network
    has_network = traitlets.Bool().tag(sync=True)
    has_box = traitlets.Bool().tag(sync=True)  # that switches `centre`
    pens = traitlets.List([THIN, PEN]).tag(sync=True)
    count = traitlets.Int().tag(sync=True)  # how many digits are kept
    kept = traitlets.List().tag(sync=True)  # the last ones of them, the newest last
    answer = traitlets.Dict().tag(sync=True)  # the id of the last request, whether it is done, and a message
    message = traitlets.Unicode().tag(sync=True)  # what is wrong, if anything is

    def __init__(self, network, features, centre):
        digits = kept()
        super().__init__(has_network=network is not None, has_box=centre, centre=centre)
        self._network, self._features = network, features
        self._show_kept(digits)
        _canvases.add(self)

    def __repr__(self):
        return "A canvas to draw digits on. It needs JupyterLab, VS Code or Colab; mt.my_digits() works everywhere."

    def _handle_msg(self, msg):
        run_in_main_thread(lambda: super(Canvas, self)._handle_msg(msg))

    def _show_kept(self, digits):
        with self.hold_sync():
            self.count, self.kept = len(digits), digits[-SHOWN:]

    @traitlets.observe("strokes", "centre")
    def _read_drawing(self, change):
        image, probabilities, message = b"", [], ""
        try:
            if self.strokes:
                pixels = prepare(picture(self.strokes), self.centre)
                image = pixels.tobytes()
                if self._network is not None:
                    probabilities = self._predict(pixels)
        except Exception as error:  # any network may come; the page is the only place where its error is seen
            message = f"The drawing cannot be read. {type(error).__name__}: {error}"
        with self.hold_sync():
            self.image, self.probabilities, self.message = image, probabilities, message

    def _predict(self, pixels):
        split = Split(pixels[None], np.zeros(1, np.int64), np.zeros(1, np.int64))
        with torch.random.fork_rng(devices=[]):  # a drawing does not change the random numbers of the notebook
            logits = predict(self._network, split, self._features)
        if not np.isfinite(logits).all():
            raise MNISTError("its logits are not finite: the training has diverged")
        return torch.softmax(torch.from_numpy(logits[0]), 0).tolist()

    @traitlets.observe("request")
    def _answer_request(self, change):
        request, done = self.request, True
        try:
            if request.get("action") == "keep":
                digits, message = keep(request["label"], request["strokes"]), f"Kept as {request['label']}."
            else:
                digits, message = remove_last(), "Removed the digit that was kept last."
            for canvas in _canvases:
                canvas._show_kept(digits)
        except MNISTError as error:
            message, done = str(error), False
        self.answer = {"id": request.get("id"), "done": done, "message": message}

    @traitlets.observe("asked")
    def _confirm(self, change):
        self.answered = self.asked
