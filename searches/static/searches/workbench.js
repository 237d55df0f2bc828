// One face beside the probe: the same part of both pictures, and a key for everything.
// Nothing is measured, and nothing about faces is kept: only whether single keys are wanted.
const bench = document.querySelector(".bench");
const form = bench.querySelector("form.decision");
const frames = [...bench.querySelectorAll(".frame")];
const pictures = frames.map((frame) => frame.querySelector("img"));
const announcer = document.getElementById("announcer");
const bounded = (value, least, most) => Math.min(Math.max(value, least), most);

for (const part of bench.querySelectorAll("[data-scripted]")) part.hidden = false;

// --- Zoom and pan: x and y are fractions of a frame, counted from its middle

const MOST_ZOOM = 8;
let zoom = 1;
let x = 0;
let y = 0;

const place = () => {
  const most = (zoom - 1) / 2;
  x = bounded(x, -most, most);
  y = bounded(y, -most, most);
  const move = `translate(${(x * 100).toFixed(2)}%, ${(y * 100).toFixed(2)}%)`;
  for (const picture of pictures) picture.style.transform = `${move} scale(${zoom.toFixed(3)})`;
  bench.classList.toggle("is-zoomed", zoom > 1);
  bench.querySelector("[data-zoom]").value = `${zoom.toFixed(1)}×`;
};

const zoomTo = (wanted, at = { x: 0, y: 0 }) => {
  const next = bounded(wanted, 1, MOST_ZOOM);
  x = at.x - ((at.x - x) * next) / zoom;
  y = at.y - ((at.y - y) * next) / zoom;
  zoom = next;
  place();
};

const pan = (right, down) => {
  x += right;
  y += down;
  place();
};

const pointIn = (frame, at) => {
  const box = frame.getBoundingClientRect();
  return {
    x: (at.clientX - box.left) / box.width - 0.5,
    y: (at.clientY - box.top) / box.height - 0.5,
  };
};

const held = new Map(); // the pointers that are down, by id

const middleAndSpread = () => {
  const [one, other = one] = [...held.values()];
  return {
    x: (one.x + other.x) / 2,
    y: (one.y + other.y) / 2,
    spread: Math.hypot(one.x - other.x, one.y - other.y),
  };
};

for (const frame of frames) {
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held.set(event.pointerId, pointIn(frame, event));
    if (zoom > 1 || held.size > 1) frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) return;
    const before = middleAndSpread();
    held.set(event.pointerId, pointIn(frame, event));
    const after = middleAndSpread();
    pan(after.x - before.x, after.y - before.y);
    if (before.spread && after.spread) zoomTo((zoom * after.spread) / before.spread, after);
  });
  for (const over of ["pointerup", "pointercancel", "pointerleave"]) {
    frame.addEventListener(over, (event) => held.delete(event.pointerId));
  }
  frame.addEventListener(
    "wheel",
    (event) => {
      if (zoom === 1 && event.deltaY > 0) return; // nothing to zoom out of: the page scrolls
      event.preventDefault();
      zoomTo(zoom * 2 ** (-event.deltaY / 400), pointIn(frame, event));
    },
    { passive: false }
  );
}

// --- Blink: one picture after the other in the same place

const still = matchMedia("(prefers-reduced-motion: reduce)");
const rate = bench.querySelector("[data-rate]");
let timer = 0;

const swap = () => bench.classList.toggle("shows-face");
const pace = () => {
  clearInterval(timer);
  const runs = bench.classList.contains("is-blinking") && !still.matches;
  if (runs) timer = setInterval(swap, 1000 / rate.valueAsNumber);
};
const press = (act, on) => {
  bench.querySelector(`[data-act=${act}]`).setAttribute("aria-pressed", String(on));
};
const toggleBlink = () => {
  const on = bench.classList.toggle("is-blinking");
  bench.classList.remove("shows-face");
  bench.querySelector("[data-when-blinking]").hidden = !on;
  press("blink", on);
  pace();
};
const swapByHand = () => {
  if (!bench.classList.contains("is-blinking")) return;
  clearInterval(timer);
  swap();
};
rate.addEventListener("input", pace);
still.addEventListener("change", pace);

// --- Which picture of each side is shown, and how bright

for (const side of bench.querySelectorAll(".side")) {
  const picture = bench.querySelector(`[data-frame=${side.dataset.side}] img`);
  const sources = [...side.querySelectorAll(".sources a")];
  for (const source of sources) {
    source.addEventListener("click", (event) => {
      event.preventDefault();
      picture.src = source.href;
      for (const other of sources) other.removeAttribute("aria-current");
      source.setAttribute("aria-current", "true");
    });
  }
  const brightness = side.querySelector("[data-brightness]");
  const show = () => (picture.style.filter = `brightness(${brightness.value}%)`);
  brightness.addEventListener("input", show);
}

// --- The checklist and the decision

const features = [...form.querySelectorAll(".feature")];
let unsaved = "unsaved" in form.dataset;

const currentFeature = () => features.findIndex((row) => row.contains(document.activeElement));
let lastFeature = -1;
const goToFeature = (step) => {
  const at = currentFeature() === -1 ? lastFeature : currentFeature();
  lastFeature = bounded(at + step, 0, features.length - 1);
  features[lastFeature].focus({ preventScroll: true });
  features[lastFeature].scrollIntoView({ block: "nearest" });
};

const choose = (radio) => {
  radio.checked = !radio.checked;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
};
const compare = (number) => {
  if (currentFeature() === -1) goToFeature(lastFeature === -1 ? 1 : 0);
  const row = features[currentFeature()];
  const radio = row.querySelectorAll("input")[number - 1];
  choose(radio);
  const said = radio.checked ? radio.parentElement.textContent.trim() : "–";
  announcer.textContent = `${row.querySelector(".feature-name").textContent}: ${said}`;
};
const dispose = (value) => {
  const radio = form.querySelector(`[name=disposition][value=${value}]`);
  if (!radio.checked) choose(radio);
  announcer.textContent = radio.parentElement.querySelector("span").textContent;
};

form.addEventListener("change", () => (unsaved = true));
form.addEventListener("input", () => (unsaved = true));
form.addEventListener("reset", () => (unsaved = false));
form.addEventListener("submit", () => (unsaved = false));
addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

// --- Buttons and keys

const keys = document.querySelector("dialog.keys");
const wanted = keys.querySelector("[data-shortcuts]");
const SETTING = "candor-single-keys";
wanted.checked = localStorage.getItem(SETTING) !== "off";
wanted.addEventListener("change", () => {
  localStorage.setItem(SETTING, wanted.checked ? "on" : "off");
});

const go = (where) => document.querySelector(`[data-go=${where}]`)?.click();
const ACTS = {
  in: () => zoomTo(zoom * 1.25),
  out: () => zoomTo(zoom / 1.25),
  reset: () => zoomTo(1),
  grid: () => press("grid", bench.classList.toggle("has-grid")),
  blink: toggleBlink,
  swap: swapByHand,
  help: () => keys.showModal(),
};
for (const button of bench.querySelectorAll("[data-act]")) {
  button.addEventListener("click", ACTS[button.dataset.act]);
}

const STEP = 0.1;
const KEYS = {
  "+": ACTS.in,
  "=": ACTS.in,
  "-": ACTS.out,
  0: ACTS.reset,
  ArrowLeft: () => pan(STEP, 0),
  ArrowRight: () => pan(-STEP, 0),
  ArrowUp: () => pan(0, STEP),
  ArrowDown: () => pan(0, -STEP),
  g: ACTS.grid,
  b: ACTS.blink,
  x: ACTS.swap,
  "?": ACTS.help,
  j: () => goToFeature(1),
  k: () => goToFeature(-1),
  r: () => dispose("retained"),
  e: () => dispose("excluded"),
  i: () => dispose("inconclusive"),
  c: () => form.querySelector("textarea").focus(),
  n: () => go("next"),
  p: () => go("previous"),
  o: () => go("list"),
};

// Digits by their place: some keyboards have them behind Shift.
const digitOf = (event) => event.code.match(/^(?:Digit|Numpad)([0-3])$/)?.[1];

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && !keys.open) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open || !wanted.checked) return;
  const { target } = event;
  if (target.matches("textarea")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  const isArrow = event.key.startsWith("Arrow");
  if (isArrow && (target.matches("input") || zoom === 1)) return; // radios, sliders, scrolling
  const digit = digitOf(event);
  const act =
    KEYS[event.key] ?? (digit === "0" ? ACTS.reset : digit && (() => compare(Number(digit))));
  if (!act) return;
  event.preventDefault();
  act();
});

place();
