// The values of an open edit, shown in the picture before anything is sent.
const frame = document.querySelector(".picture-frame");
const picture = frame.querySelector("img");
const drawing = frame.querySelector("svg");
const edits = new Map(
  [...document.querySelectorAll("details[data-edit]")].map((edit) => [edit.dataset.edit, edit])
);
const field = (edit, name) => edits.get(edit).querySelector(`[name=${name}]`);
const made = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);

// --- Cropping: draw the rectangle, or see the one whose numbers are given

const SIDES = ["left", "top", "width", "height"];
const mark = made("rect");
mark.setAttribute("class", "crop-mark");

const showCrop = () => {
  const [left, top, width, height] = SIDES.map((side) => field("crop", side).valueAsNumber);
  const given = edits.get("crop").open && [left, top, width, height].every(Number.isFinite);
  frame.classList.toggle("is-cropped", edits.get("crop").open);
  if (!given) return mark.remove();
  for (const [name, value] of Object.entries({ x: left, y: top, width, height })) {
    mark.setAttribute(name, Math.max(0, value));
  }
  drawing.append(mark);
};

const pointAt = (event) => {
  const box = drawing.getBoundingClientRect();
  const { width, height } = drawing.viewBox.baseVal;
  const inside = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
  return {
    x: inside(((event.clientX - box.left) / box.width) * width, width),
    y: inside(((event.clientY - box.top) / box.height) * height, height),
  };
};

let start = null;
frame.addEventListener("pointerdown", (event) => {
  if (!edits.get("crop").open || event.button !== 0) return;
  event.preventDefault();
  frame.setPointerCapture(event.pointerId);
  start = pointAt(event);
});
frame.addEventListener("pointermove", (event) => {
  if (!start) return;
  const end = pointAt(event);
  field("crop", "left").value = Math.min(start.x, end.x);
  field("crop", "top").value = Math.min(start.y, end.y);
  field("crop", "width").value = Math.abs(start.x - end.x);
  field("crop", "height").value = Math.abs(start.y - end.y);
  showCrop();
});
for (const over of ["pointerup", "pointercancel"]) {
  frame.addEventListener(over, () => (start = null));
}

// --- Brightness, contrast and rotation: the same sums as searches/images/edits.py

const filter = made("filter");
filter.id = "light";
filter.setAttribute("color-interpolation-filters", "sRGB");
const transfer = made("feComponentTransfer");
const channels = ["R", "G", "B"].map((channel) => made(`feFunc${channel}`));
transfer.append(...channels);
filter.append(transfer);
drawing.append(filter);

const showLight = () => {
  const edit = edits.get("brightness_contrast");
  const value = (name) => (edit.open && field("brightness_contrast", name).valueAsNumber) || 0;
  const slope = (100 + value("contrast")) / 100;
  const shift = value("brightness") / 100 + (1 - slope) / 2;
  for (const channel of channels) {
    channel.setAttribute("type", "linear");
    channel.setAttribute("slope", slope);
    channel.setAttribute("intercept", shift);
  }
  picture.style.filter = slope === 1 && shift === 0 ? "" : "url(#light)";
};

const showTilt = () => {
  const degrees = (edits.get("rotate").open && field("rotate", "degrees").valueAsNumber) || 0;
  frame.classList.toggle("is-tilted", degrees !== 0);
  picture.style.rotate = degrees ? `${degrees}deg` : "";
};

for (const [name, show] of [
  ["crop", showCrop],
  ["brightness_contrast", showLight],
  ["rotate", showTilt],
]) {
  edits.get(name).addEventListener("toggle", show);
  edits.get(name).addEventListener("input", show);
  show();
}
edits.get("crop").querySelector(".edit-hint").hidden = false;
