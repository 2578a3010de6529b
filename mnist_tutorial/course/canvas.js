// The page of mt.draw. It owns the strokes; Python, in canvas.py, prepares and reads them, and keeps those that are kept.
// On the front page of the course, docs/static/draw.js stands in for Python.

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const PAUSE = 100; // ms between two states that are sent while a line is drawn
const PATIENCE = 5000; // ms until a kernel that does not answer is reported
const NEAR = 0.004; // of the side: points that are closer to the last one add nothing

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

// Draw strokes as large as the canvas is on the screen. A stroke without a width is from before there were two pens.
function trace(canvas, strokes, width) {
  const side = Math.round((canvas.clientWidth || 240) * (window.devicePixelRatio || 1));
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, side, side);
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#111";
  for (const stroke of strokes) {
    const points = stroke.points ?? stroke;
    pen.lineWidth = (stroke.width ?? width) * side;
    pen.beginPath();
    pen.moveTo(points[0][0] * side, points[0][1] * side);
    for (const [x, y] of points) pen.lineTo(x * side, y * side);
    pen.stroke();
  }
}

function render({ model, el }) {
  const [thin, thick] = model.get("pens"); // in sides of the paper
  let width = thick;
  let strokes = structuredClone(model.get("strokes"));
  let line = null; // the stroke that is being drawn
  let waiting = null; // the request that is not answered yet, and how many strokes it has
  let unsent = null; // what the kernel does not know yet
  let sending = 0, patience = 0; // timers
  let complained = false; // that the kernel does not answer

  const paper = element("canvas", {
    className: "paper", tabIndex: 0, role: "img",
    "aria-label": "Canvas: draw a digit with the mouse, a finger or a pen. Ctrl+Z undoes a stroke.",
  });
  const seen = element("canvas", { className: "seen", width: 28, height: 28, role: "img" });
  const undoButton = element("button", { type: "button", onclick: undo }, "Undo");
  const clearButton = element("button", { type: "button", onclick: clear }, "Clear");
  const penButtons = [[thin, "Thin"], [thick, "Thick"]].map(([value, name]) =>
    element("button", {
      type: "button", onclick: () => take(value), value, "aria-label": `${name} pen`, "aria-pressed": value === width,
    }, name));
  const centre = element("input", { type: "checkbox", checked: model.get("centre"), onchange: switchCentre });
  const keepButtons = DIGITS.map((digit) =>
    element("button", {
      type: "button", className: "digit", onclick: () => keep(digit), "aria-label": `Keep as ${digit}`,
    }, String(digit)));
  const removeButton = element("button", { type: "button", onclick: remove }, "Remove the last");
  const count = element("span", { className: "count" });
  const strip = element("ul", { className: "strip", role: "list", "aria-label": "Digits kept, the newest last" });
  const note = element("p", { className: "note", role: "status", "aria-live": "polite" });
  const reading = element("p", { className: "reading", role: "status", "aria-live": "polite" });
  const bars = DIGITS.map((digit) => {
    const fill = element("div", { className: "fill" });
    const share = element("span", { className: "share" });
    const row = element("div", { style: "display: contents" },
      element("span", {}, String(digit)), element("div", { className: "track" }, fill), share);
    return { row, fill, share };
  });

  const columns = element("div", { className: "columns" },
    element("div", {},
      element("p", { className: "heading" }, "Draw a digit"), paper,
      element("div", { className: "row" }, undoButton, clearButton,
        element("div", { className: "pens", role: "group", "aria-label": "Pen" }, ...penButtons))),
    element("div", {},
      element("p", { className: "heading" }, model.get("has_network") ? "What the network sees" : "What a network sees"), seen,
      model.get("has_box") ? element("label", {}, centre, "prepare as MNIST does") : ""));
  if (model.get("has_network")) {
    columns.append(element("div", {},
      element("p", { className: "heading" }, "What it reads"), reading,
      element("div", { className: "bars", "aria-hidden": "true" }, ...bars.map((bar) => bar.row))));
  }
  const root = element("div", { className: "mnist-draw", onkeydown: onKey }, columns);
  if (model.get("count") !== undefined) { // the page of the course counts none: it keeps nothing
    root.append(element("div", { className: "row", role: "group", "aria-label": "Keep the drawing" },
      element("span", {}, "Keep as"), ...keepButtons, count, removeButton), strip);
  }
  root.append(note);
  el.append(root);
  // In JupyterLab, a key such as d is a command of the notebook, unless what has the focus says that it is not.
  for (const focusable of root.querySelectorAll("canvas, button, input")) focusable.dataset.lmSuppressShortcuts = "true";

  // ---- what is drawn ----
  function redraw() {
    trace(paper, strokes, thick);
    for (const button of [undoButton, clearButton]) enable(button, strokes.length > 0);
    for (const button of keepButtons) enable(button, strokes.length > 0 && !waiting);
    enable(removeButton, model.get("count") > 0 && !waiting);
  }
  function enable(button, enabled) {
    if (!enabled && button === document.activeElement) paper.focus({ preventScroll: true }); // or the focus gets lost
    button.disabled = !enabled;
  }

  function take(value) {
    width = value;
    for (const button of penButtons) button.setAttribute("aria-pressed", Number(button.value) === width);
  }

  function point(event) {
    const box = paper.getBoundingClientRect();
    const within = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
    return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
  }

  paper.onpointerdown = (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    paper.setPointerCapture(event.pointerId);
    line = { width, points: [point(event)] };
    strokes.push(line);
    if (!complained) say("");
    changed();
  };
  paper.onpointermove = (event) => {
    if (!line || !event.isPrimary) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) {
      const [x, y] = point(move), [lastX, lastY] = line.points.at(-1);
      if (Math.hypot(x - lastX, y - lastY) > NEAR) line.points.push([x, y]);
    }
    changed();
  };
  paper.onpointerup = paper.onpointercancel = (event) => {
    if (!line || !event.isPrimary) return;
    line = null;
    changed();
  };

  function undo() {
    line = null;
    strokes.pop();
    changed();
  }
  function clear() {
    line = null;
    strokes = [];
    changed();
  }
  function onKey(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      undo();
    }
  }

  // ---- to Python: at the end of a stroke, and now and then meanwhile; the next state waits for the last answer ----
  function changed() {
    redraw();
    if (!line) send();
    else sending ||= setTimeout(send, PAUSE);
  }
  function send(values = {}) {
    clearTimeout(sending);
    sending = 0;
    unsent = { ...unsent, ...values, strokes: structuredClone(strokes) };
    patience ||= setTimeout(complain, PATIENCE);
    if (model.get("answered") !== model.get("asked")) return;
    model.set({ ...unsent, asked: model.get("asked") + 1 });
    unsent = null;
    try {
      model.save_changes();
    } catch {
      complain(); // the kernel has closed the connection
    }
  }
  function isAnswered() {
    clearTimeout(patience);
    patience = 0;
    if (complained) say("");
    complained = false;
    if (unsent) send();
  }
  function complain() {
    clearTimeout(patience);
    patience = 0;
    complained = true;
    say("The kernel does not answer: it is busy, or it was restarted. Wait until it is idle; then run the cell again.", true);
  }
  function switchCentre() {
    send({ centre: centre.checked });
  }
  function ask(request) {
    waiting = { id: `${Date.now()} ${Math.random()}`, strokes: request.strokes?.length ?? 0 };
    send({ request: { ...request, id: waiting.id } });
    redraw();
  }
  function keep(label) {
    line = null;
    ask({ action: "keep", label, strokes: structuredClone(strokes) });
  }
  function remove() {
    ask({ action: "remove" });
  }

  // ---- from Python ----
  function say(text, wrong = false) {
    note.textContent = text;
    note.classList.toggle("wrong", wrong);
  }
  function show() {
    const bytes = model.get("image"), probabilities = model.get("probabilities");
    const pixels = bytes?.byteLength ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(784);
    const image = new ImageData(28, 28);
    pixels.forEach((ink, i) => image.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * i));
    seen.getContext("2d").putImageData(image, 0, 0);
    seen.setAttribute("aria-label", bytes?.byteLength ? "The drawing as an image of 28 × 28 pixels" : "An empty image");
    const first = probabilities.indexOf(Math.max(...probabilities));
    bars.forEach(({ row, fill, share }, digit) => {
      const value = probabilities[digit] ?? 0;
      fill.style.width = `${100 * value}%`;
      share.textContent = probabilities.length ? percent(value) : "";
      for (const part of row.children) part.classList.toggle("first", digit === first);
    });
    if (!line) {
      reading.textContent = probabilities.length ? `The network reads ${first}, with ${percent(probabilities[first])}.` : "";
    }
  }
  function showMessage() {
    say(model.get("message"), true);
  }
  function percent(value) {
    return value > 0.995 && value < 1 ? "> 99 %" : `${Math.round(100 * value)} %`;
  }
  function showCount() {
    const kept = model.get("count"), shown = model.get("kept")?.length ?? 0;
    count.textContent = `${kept} kept${shown < kept ? `, the newest ${shown} below` : ""}`;
    redraw();
  }
  function showKept() {
    const digits = model.get("kept") ?? [];
    strip.replaceChildren(...digits.map(({ label }) =>
      element("li", {},
        element("canvas", { role: "img", "aria-label": `Your drawing of a ${label}` }),
        element("span", { "aria-hidden": "true" }, String(label)))));
    digits.forEach((digit, i) => trace(strip.children[i].firstChild, digit.strokes, thick));
  }
  function showAnswer() {
    const { id, done, message } = model.get("answer");
    if (id !== waiting?.id) return;
    if (done) strokes = strokes.slice(waiting.strokes); // what was kept makes room for the next digit
    waiting = null;
    if (done) changed();
    else redraw();
    say(message, !done);
  }
  function showStrokes() { // another view of this widget has changed them, or a line of Python
    if (line || JSON.stringify(strokes) === JSON.stringify(model.get("strokes"))) return;
    strokes = structuredClone(model.get("strokes"));
    redraw();
  }
  const listeners = {
    "change:strokes": showStrokes, "change:image": show, "change:probabilities": show, "change:message": showMessage,
    "change:count": showCount, "change:kept": showKept, "change:answer": showAnswer, "change:answered": isAnswered,
  };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  const resized = new ResizeObserver(() => {
    redraw();
    showKept();
  });
  resized.observe(paper);
  show();
  showCount();
  showKept();

  return () => {
    clearTimeout(sending);
    clearTimeout(patience);
    resized.disconnect();
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
  };
}

export default { render };
