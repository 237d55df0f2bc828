// The faces marked in the picture follow the choice beside it, and can be pointed at themselves.
// So does what is said of the chosen face where the search is submitted.
const marks = [...document.querySelectorAll(".mark-face")];
const radios = [...document.querySelectorAll("input[type=radio][name=face]")];
const advice = [...document.querySelectorAll("[data-advice-of]")];

const follow = () => {
  const chosen = radios.find((radio) => radio.checked)?.value;
  for (const mark of marks) mark.classList.toggle("is-chosen", mark.dataset.face === chosen);
  for (const one of advice) one.hidden = one.dataset.adviceOf !== (chosen ?? "");
};

for (const radio of radios) radio.addEventListener("change", follow);
for (const mark of marks) {
  mark.addEventListener("click", () => {
    const radio = radios.find((one) => one.value === mark.dataset.face);
    radio.checked = true;
    radio.focus({ preventScroll: true });
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
document.querySelector(".picture-frame")?.classList.add("can-point");
follow(); // the browser may have kept a choice over a reload
