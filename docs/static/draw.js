// The canvas of mt.draw on the front page. The page's own network stands where in a notebook Python answers.

import canvas from "./canvas.js";
import { probabilities } from "./network.js";
import { PENS, prepare } from "./preparation.js";

function reader(network) {
  const values = {
    strokes: [], centre: true, image: null, probabilities: [], has_network: true, has_box: true, pens: PENS,
    message: "", asked: 0, answered: 0,
  };
  const listeners = {};
  return {
    get: (name) => values[name],
    on: (event, listener) => (listeners[event] = listener),
    off: (event) => delete listeners[event],
    set: (changes) => Object.assign(values, changes),
    save_changes() {
      values.image = null;
      values.probabilities = [];
      if (values.strokes.length) {
        const pixels = prepare(values.strokes, values.centre);
        values.image = new DataView(pixels.buffer);
        values.probabilities = probabilities(network, pixels);
      }
      values.answered = values.asked;
      for (const name of ["image", "probabilities", "answered"]) listeners[`change:${name}`]?.();
    },
  };
}

/** Replace what a place says by the canvas, where the browser has one. */
export function show(place, network) {
  if (!document.createElement("canvas").getContext?.("2d")) return;
  place.replaceChildren();
  canvas.render({ model: reader(network), el: place });
}
