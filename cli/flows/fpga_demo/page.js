// SPDX-License-Identifier: BSD-3-Clause
"use strict";
const byId = (id) => document.getElementById(id);
const setup = JSON.parse(byId("setup").textContent);
const paper = byId("paper"), body = document.body;
const STEP = 1 / 24, FINE = 1 / 96, NEAR = 0.004, STROKES = 64, POINTS = 2000, EVERY = 1000;

// What is on the paper: strokes of the pen, or the pixels of a test image.
let strokes = [], shownPixels = null;
const pen = { x: 0.5, y: 0.5, down: false, keys: false };

function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

function paint() {
  const size = Math.round(paper.clientWidth * devicePixelRatio);
  if (paper.width !== size) paper.width = paper.height = size;
  const ink = paper.getContext("2d");
  ink.clearRect(0, 0, size, size);
  ink.lineCap = ink.lineJoin = "round";
  ink.lineWidth = size * 0.07;
  ink.strokeStyle = ink.fillStyle = colour("--ink");
  if (shownPixels) paintPixels(ink, size);
  for (const stroke of strokes) {
    ink.beginPath();
    ink.moveTo(stroke[0][0] * size, stroke[0][1] * size);
    for (const [x, y] of stroke) ink.lineTo(x * size, y * size);
    ink.stroke();
  }
  if (pen.keys && document.activeElement === paper) paintPen(ink, size);
}

function paintPixels(ink, size) {
  const rows = shownPixels.length, cols = shownPixels[0].length, cell = (size * 0.86) / Math.max(rows, cols);
  const left = (size - cols * cell) / 2, top = (size - rows * cell) / 2;
  shownPixels.forEach((row, y) => row.forEach((value, x) => {
    ink.globalAlpha = 0.55 * value / setup.top;
    ink.fillRect(left + x * cell, top + y * cell, cell + 0.6, cell + 0.6);
  }));
  ink.globalAlpha = 1;
}

function paintPen(ink, size) {
  ink.lineWidth = Math.max(2, size * 0.008);
  ink.strokeStyle = colour(pen.down ? "--bad" : "--statistics");
  ink.beginPath();
  ink.arc(pen.x * size, pen.y * size, size * 0.045, 0, 2 * Math.PI);
  ink.stroke();
}

// Strokes
function begin(x, y) {
  if (strokes.length >= STROKES) return;
  shownPixels = null;
  strokes.push([[x, y]]);
  pen.down = true;
  paint();
}

function go(x, y) {
  const stroke = strokes[strokes.length - 1], last = stroke[stroke.length - 1];
  if (Math.hypot(x - last[0], y - last[1]) < NEAR || stroke.length >= POINTS) return;
  stroke.push([x, y]);
  paint();
}

function lift() {
  if (!pen.down) return;
  pen.down = false;
  paint();
  ask("/strokes", { strokes });
}

function clearPaper() {
  strokes = [];
  shownPixels = null;
  pen.down = false;
  paint();
}

const within = (value) => Math.min(1, Math.max(0, value));
function place(event) {
  const box = paper.getBoundingClientRect();
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

paper.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || pen.down) return;
  pen.keys = false;
  paper.setPointerCapture(event.pointerId);
  begin(...place(event));
});
paper.addEventListener("pointermove", (event) => {
  if (!pen.down || pen.keys) return;
  for (const each of event.getCoalescedEvents?.() ?? [event]) go(...place(each));
});
for (const name of ["pointerup", "pointercancel"]) paper.addEventListener(name, () => { if (!pen.keys) lift(); });

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
paper.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key];
  if (arrow) {
    const step = event.shiftKey ? FINE : STEP;
    pen.x = within(pen.x + arrow[0] * step);
    pen.y = within(pen.y + arrow[1] * step);
    if (pen.down) go(pen.x, pen.y);
  } else if (event.key === " ") {
    if (pen.down) lift(); else begin(pen.x, pen.y);
  } else if (event.key === "Escape") {
    clearPaper();
  } else {
    return;
  }
  pen.keys = true;
  event.preventDefault();
  paint();
});
paper.addEventListener("focus", paint);
paper.addEventListener("blur", () => { if (pen.keys) lift(); paint(); });
new ResizeObserver(paint).observe(paper);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

// Questions: one at a time; of those that are put meanwhile, the last.
let busy = false, queued = null, last = null;
async function post(path, asked) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}

async function ask(path, asked) {
  const mine = last = [path, asked];
  if (busy) { queued = last; return; }
  busy = true;
  body.classList.add("waiting");
  try {
    const answer = await post(path, asked);
    // Not over a digit that has been asked about, or begun, meanwhile.
    if (mine === last && !pen.down) show(answer);
  } catch (error) {
    complain(error);
  }
  busy = false;
  body.classList.remove("waiting");
  if (queued) { const next = queued; queued = null; await ask(...next); } else { await look(); }
}

function askAgain() { if (last) ask(...last); }

// Answers
function cells(grid, rows, top) {
  const flat = rows.flat();
  grid.style.setProperty("--cols", rows[0].length);
  while (grid.children.length > flat.length) grid.lastChild.remove();
  while (grid.children.length < flat.length) grid.append(document.createElement("i"));
  flat.forEach((value, number) => grid.children[number].style.setProperty("--v", value / top));
}

// A layer as a block about twice as wide as high; of a map, each neuron is a line.
function block(values) {
  if (values.length > 1) return values[0].map((_, neuron) => values.map((position) => position[neuron]));
  const flat = values[0], cols = Math.min(flat.length, Math.max(4, 2 * Math.round(Math.sqrt(flat.length / 2) / 1.5)));
  return Array.from({ length: Math.ceil(flat.length / cols) }, (_, row) => flat.slice(row * cols, (row + 1) * cols));
}

function show(answer) {
  if (answer.index !== null) { shownPixels = answer.input; strokes = []; paint(); }
  const none = answer.class === null, flat = answer.input.flat();
  cells(byId("input"), answer.input, setup.top);
  byId("input-note").textContent = `${flat.filter(Boolean).length} of ${flat.length} on`;
  answer.layers.forEach((layer, number) => {
    cells(byId(`layer-${number}`), block(layer.values), layer.top);
    const all = layer.values.flat();
    byId(`layer-note-${number}`).textContent = `${all.filter(Boolean).length} of ${all.length} active`;
  });
  byId("class").textContent = none ? "–" : answer.class;
  byId("class").className = `class${none ? " none" : answer.agrees ? "" : " wrong"}`;
  verdict(...said(answer, none));
  const low = Math.min(...answer.scores), span = Math.max(...answer.scores) - low || 1;
  answer.scores.forEach((score, number) => {
    byId(`score-${number}`).textContent = score > 0 ? `+${score}` : `${score}`.replace("-", "−");
    byId(`bar-${number}`).style.width = `${100 * (score - low) / span}%`;
    const line = byId(`bar-${number}`).closest("li").classList;
    line.toggle("chosen", number === answer.golden);
    line.toggle("said-wrong", !none && !answer.agrees && number === answer.class);
  });
  if (none) return;
  byId("milliseconds").textContent = answer.milliseconds.toFixed(answer.milliseconds < 10 ? 1 : 0);
  byId("cycles").textContent = answer.cycles ?? "–";
}

function said(answer, none) {
  const label = answer.label === null ? "" : ` Test image ${answer.index} is a ${answer.label}.`;
  if (none) return [`No answer: ${answer.error}`, "bad"];
  if (!answer.agrees) return [`The golden model says ${answer.golden}: the board is wrong.${label}`, "bad"];
  if (answer.label === null) return ["As the golden model, bit for bit.", ""];
  if (answer.label === answer.class) return [`Right.${label}`, "good"];
  return [`As the golden model, and mistaken.${label}`, ""];
}

function verdict(text, style) {
  byId("verdict").textContent = text;
  byId("verdict").className = `verdict-line ${style}`;
}

function complain(error) { verdict(error.message, "bad"); }

// The board: looked at every second.
const LINKS = { ready: "board ready", loading: "loading the die", gone: "no board" };
let link = "loading", unanswered = false;
function showState(state) {
  const back = state.link === "ready" && link !== "ready";
  link = state.link;
  byId("link").textContent = LINKS[link] ?? link;
  byId("link").className = `pill ${link}`;
  byId("message").textContent = state.message;
  byId("asked").textContent = state.asked.toLocaleString("en");
  byId("wrong").textContent = state.wrong.toLocaleString("en");
  body.classList.toggle("away", link === "gone");
  if (state.die !== undefined) byId("die").value = state.die;
  if (back && unanswered) askAgain();
  unanswered = byId("class").classList.contains("none");
}

async function look() {
  try {
    showState(await (await fetch("/state")).json());
  } catch {
    link = "ended";
    byId("link").textContent = "the program has ended";
    byId("link").className = "pill gone";
    byId("message").textContent = "";
  }
}

async function watch() {
  await look();
  setTimeout(watch, EVERY);
}

// Buttons
const anyDigit = () => Math.floor(Math.random() * setup.digits);
byId("clear").addEventListener("click", clearPaper);
byId("test").addEventListener("click", () => ask("/digit", { digit: anyDigit() }));
byId("die").addEventListener("change", async (event) => {
  byId("link").textContent = LINKS.loading;
  byId("link").className = "pill loading";
  try {
    const view = await post("/die", { die: Number(event.target.value) });
    byId("map").innerHTML = view.map;
    for (const [name, number] of Object.entries(view.counts)) byId(`count-${name.toLowerCase()}`).textContent = number;
    showState(view);
    askAgain();
  } catch (error) {
    complain(error);
  }
});
byId("measure").addEventListener("click", async (event) => {
  event.target.disabled = true;
  byId("measured").textContent = "sending …";
  try {
    const found = await post("/measure", {});
    byId("rate").textContent = found.lost ? "–" : Math.round(found.images_per_second).toLocaleString("en");
    byId("measured").textContent = found.lost ? `${found.lost} lost: ${found.error}` :
      `${found.accuracy.toFixed(1)} % of ${found.images} labels met, ${found.wrong} not as the golden model`;
  } catch (error) {
    byId("measured").textContent = error.message;
  }
  event.target.disabled = false;
  await look();
});

paint();
ask("/digit", { digit: setup.first });
watch();
