// A large picture with small faces, looked at closely. The frame is a plain scrolling area: keys,
// wheel and fingers move in it as they do everywhere, and the faces stay marked where they are.
// Without this file the picture is shown as a whole.
const MOST = 8;
const STEP = 1.5;
const MARGIN = 3; // how many widths of a face are shown with it

const frame = document.querySelector(".picture-frame");
const stage = frame.querySelector(".picture-stage");
const shown = frame.querySelector("img");
const controls = document.querySelector(".zoom");
const level = controls.querySelector("[data-zoom-level]");
const button = (name) => controls.querySelector(`[data-zoom=${name}]`);
let zoom = 1;

// --- How large: the frame keeps the size that the whole picture has in it

const tell = () => {
  level.textContent = `${Math.round(zoom * 100)} %`;
  button("out").disabled = button("fit").disabled = zoom === 1;
  button("in").disabled = zoom === MOST;
  button("face").disabled = !chosenFace();
};

const fit = () => {
  zoom = 1;
  frame.classList.remove("is-zoomed");
  for (const element of [frame, stage]) element.style.width = element.style.height = "";
  tell();
};

// `at` is the point, in the frame, that stays where it is.
const zoomTo = (wanted, at) => {
  const next = Math.min(Math.max(wanted, 1), MOST);
  if (next === 1) return fit();
  if (zoom === 1) {
    const whole = frame.getBoundingClientRect();
    frame.style.width = `${whole.width}px`;
    frame.style.height = `${whole.height}px`;
    frame.classList.add("is-zoomed");
  }
  const point = at ?? { x: frame.clientWidth / 2, y: frame.clientHeight / 2 };
  const [x, y] = [frame.scrollLeft + point.x, frame.scrollTop + point.y];
  const grown = next / zoom;
  zoom = next;
  stage.style.width = `${frame.clientWidth * zoom}px`;
  frame.scrollTo({ left: x * grown - point.x, top: y * grown - point.y, behavior: "instant" });
  tell();
};

// --- The chosen face, in the middle of the frame

const chosenFace = () => frame.querySelector(".mark-face.is-chosen rect");

const centre = () => {
  const box = chosenFace()?.getBoundingClientRect();
  if (!box) return;
  const area = frame.getBoundingClientRect();
  const left = frame.scrollLeft + box.x + box.width / 2 - area.x - frame.clientWidth / 2;
  const top = frame.scrollTop + box.y + box.height / 2 - area.y - frame.clientHeight / 2;
  frame.scrollTo({ left, top, behavior: "instant" });
};

const toFace = () => {
  const box = chosenFace()?.getBoundingClientRect();
  if (!box) return;
  zoomTo((zoom * frame.clientWidth) / (MARGIN * Math.max(box.width, box.height)));
  centre();
};

// --- By button, key, wheel and hand

const acts = {
  in: () => zoomTo(zoom * STEP),
  out: () => zoomTo(zoom / STEP),
  fit,
  face: toFace,
};
for (const [name, act] of Object.entries(acts)) button(name).addEventListener("click", act);

const keys = { "+": acts.in, "=": acts.in, "-": acts.out, 0: fit };
frame.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

frame.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return; // the page, or the picture, scrolls as always
    event.preventDefault();
    const area = frame.getBoundingClientRect();
    const at = { x: event.clientX - area.x, y: event.clientY - area.y };
    zoomTo(event.deltaY < 0 ? zoom * STEP : zoom / STEP, at);
  },
  { passive: false }
);

// Fingers scroll by themselves. A rectangle for cropping is drawn with the same pointer.
let grip = null;
let moved = false;
frame.addEventListener("pointerdown", (event) => {
  moved = false;
  if (event.pointerType === "touch" || event.button !== 0 || zoom === 1) return;
  if (frame.classList.contains("is-cropped") || event.target === frame) return; // scroll bars
  grip = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop };
});
addEventListener("pointermove", (event) => {
  if (!grip) return;
  const [left, top] = [grip.x - event.clientX, grip.y - event.clientY];
  moved ||= Math.hypot(left - frame.scrollLeft, top - frame.scrollTop) > 4;
  if (moved) frame.scrollTo({ left, top, behavior: "instant" });
});
for (const over of ["pointerup", "pointercancel"]) addEventListener(over, () => (grip = null));
// A face that the picture was dragged by is not chosen.
frame.addEventListener("click", (event) => moved && event.stopPropagation(), true);
shown.draggable = false;

frame.tabIndex = 0;
frame.setAttribute("role", "group");
frame.setAttribute("aria-label", frame.dataset.label);

// Windows change their height while people scroll; only another width is another layout.
const around = frame.parentElement;
let room = around.clientWidth;
new ResizeObserver(() => {
  if (around.clientWidth !== room) fit();
  room = around.clientWidth;
}).observe(around);

document.addEventListener("change", (event) => {
  if (event.target.name !== "face") return;
  tell();
  if (zoom > 1) centre();
});
tell();
