// A picture for the form's file field: dropped on the form, pasted anywhere, or chosen as always.
// What was taken is shown before it is sent. The field works alone without this file.
const MOST_SHOWN = 20_000_000; // bytes; larger pictures are named and not drawn

for (const zone of document.querySelectorAll("[data-drop]")) {
  const form = zone.closest("form");
  const field = form.querySelector("input[type=file]");
  const status = zone.querySelector("[role=status]");
  const preview = zone.querySelector("img");
  zone.hidden = false;

  const show = () => {
    const [file] = field.files;
    preview.hidden = true;
    status.textContent = file ? file.name : "";
    if (!file || file.size > MOST_SHOWN) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => (preview.src = reader.result));
    reader.readAsDataURL(file);
  };

  const take = (files) => {
    if (files.length !== 1) {
      status.textContent = zone.dataset.several;
      return;
    }
    const chosen = new DataTransfer();
    chosen.items.add(files[0]);
    field.files = chosen.files;
    show();
  };

  // Browsers draw no HEIC and no TIFF: then the name is all that is shown.
  preview.addEventListener("load", () => (preview.hidden = false));
  field.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    form.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop") take(event.dataTransfer.files);
    });
  }
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    if (!files.length) return; // text goes where it is pasted
    event.preventDefault();
    take(files);
  });
  show(); // the browser may have kept the choice over a reload
}
