// A form saves itself while it is filled in (hx-post); what is not saved yet goes when the page is
// left. What could not be saved is said, and stays where it was typed. Without this file there is
// the button.
const form = document.querySelector("form[data-draft]");
let isSaved = true;

const sayUnsaved = () => {
  const line = document.getElementById("draft-state");
  line.textContent = form.dataset.unsaved;
  line.classList.add("draft-unsaved");
};

form.addEventListener("input", () => (isSaved = false));
form.addEventListener("change", () => (isSaved = false));
form.addEventListener("htmx:beforeRequest", () => (isSaved = true));
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  form.addEventListener(kind, () => {
    isSaved = false;
    sayUnsaved();
  });
}

// An answer from another address is the log-in's: the page stays, with what was typed.
form.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath, location.href).pathname;
  if (new URL(xhr.responseURL).pathname === asked) return;
  event.stopPropagation();
  event.detail.shouldSwap = false;
  isSaved = false;
  sayUnsaved();
});

// Whoever goes elsewhere within a second of the last key has it kept as well.
const saveNow = () => {
  if (isSaved || document.visibilityState !== "hidden") return;
  isSaved = true;
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  const address = form.getAttribute("hx-post");
  fetch(address, { method: "POST", body: data, keepalive: true, headers: { "HX-Request": "true" } });
};
document.addEventListener("visibilitychange", saveNow);
form.addEventListener("submit", () => (isSaved = true));
