// Fields that the chosen legal basis does not ask for are hidden; without a choice all of them are.
const bases = [...document.querySelectorAll("input[type=radio][name=basis]")];
const parts = [...document.querySelectorAll("[data-basis]")];

const showAsked = () => {
  const chosen = bases.find((radio) => radio.checked)?.value;
  for (const part of parts) part.hidden = part.dataset.basis !== chosen;
};

for (const radio of bases) radio.addEventListener("change", showAsked);
showAsked(); // the browser may have kept a choice over a reload
