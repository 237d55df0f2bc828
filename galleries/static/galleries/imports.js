// Uploads an import in parts. A part that was lost is sent again; after a reload the person chooses
// the same file, and the upload goes on where it stopped.

const RETRY_MS = 1500;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The panel of a form that shows how far the upload is.
function panelOf(form) {
  const shown = form.querySelector("[data-upload-progress]");
  const problem = form.querySelector("[data-upload-problem]");
  return {
    show(name, sent, size) {
      shown.hidden = false;
      problem.hidden = true;
      const percent = size ? Math.floor((sent * 100) / size) : 0;
      shown.querySelector("[data-upload-bar]").value = percent;
      const words = `${problem.dataset.uploading} ${name}: ${percent} %`;
      shown.querySelector("[data-upload-now]").textContent = words;
    },
    tell(which, detail) {
      problem.textContent = detail || problem.dataset[which];
      problem.hidden = false;
    },
  };
}

async function standingOf(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

// Whether the file has at its place what was uploaded last. Without a secure context browsers
// compute no hash; the size has been compared then.
async function goesOn(file, last) {
  if (!last || !window.crypto?.subtle) return true;
  const slice = await file.slice(last.start, last.start + last.size);
  const piece = await slice.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", piece));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex === last.sha256;
}

// Send what is missing; resolves to true when everything is there.
async function upload(file, url, token, panel) {
  let standing = await standingOf(url);
  if (standing.size !== file.size || !(await goesOn(file, standing.last))) {
    panel.tell("other");
    return false;
  }
  let sent = standing.received;
  while (sent < file.size) {
    panel.show(file.name, sent, file.size);
    const part = await file.slice(sent, sent + standing.part);
    try {
      const answer = await fetch(url, {
        method: "PUT",
        body: part,
        headers: {
          "Content-Type": "application/octet-stream",
          "Upload-Offset": String(sent),
          "X-CSRFToken": token,
        },
      });
      if (answer.status === 400 || answer.status === 403 || answer.status === 422) {
        const said = await answer.json().catch(() => ({}));
        panel.tell("refused", said.detail);
        return false;
      }
      if (answer.redirected) return true; // the session ended: the page asks for a log-in
      if (!answer.ok && answer.status !== 409) throw new Error(`status ${answer.status}`);
      sent = (await answer.json()).received;
    } catch {
      panel.tell("away");
      await pause(RETRY_MS);
      standing = await standingOf(url).catch(() => standing);
      sent = Math.max(sent, standing.received);
    }
  }
  panel.show(file.name, sent, file.size);
  return true;
}

const tokenOf = (form) => form.querySelector("[name=csrfmiddlewaretoken]").value;

// A second field for a whole folder, which is packed on its way (packing.js).
function addFolderField(form) {
  const archive = form.querySelector("input[name=archive]");
  if (!("webkitdirectory" in archive)) return;
  const field = document.createElement("div");
  field.className = "field";
  const label = document.createElement("label");
  label.htmlFor = "id_folder";
  label.textContent = form.dataset.pickFolder;
  const input = document.createElement("input");
  input.type = "file";
  input.id = "id_folder";
  input.webkitdirectory = true;
  field.append(label, input);
  if (form.dataset.pickFolderHelp) {
    const help = document.createElement("p");
    help.className = "help";
    help.id = "id_folder_helptext";
    help.textContent = form.dataset.pickFolderHelp;
    input.setAttribute("aria-describedby", help.id);
    input.before(help);
  }
  archive.closest(".field").after(field);
}

function chosenOf(form) {
  const folder = form.querySelector("#id_folder");
  if (folder?.files.length) return new PackedFolder([...folder.files]);
  return form.querySelector("input[name=archive]").files[0];
}

// The form came back with errors: show them, and keep the files that were chosen.
function showAgain(form, text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const again = fresh.querySelector("[data-import-form]");
  if (!again) return location.reload();
  for (const kept of form.querySelectorAll("input[type=file][name]")) {
    again.querySelector(`input[type=file][name=${kept.name}]`)?.replaceWith(kept);
  }
  const folder = form.querySelector("#id_folder")?.closest(".field");
  if (folder) again.querySelector("input[name=archive]").closest(".field").after(folder);
  form.replaceChildren(...again.childNodes);
  form.querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
}

async function open(form) {
  const file = chosenOf(form);
  const values = new FormData(form);
  values.delete("archive");
  if (file) {
    values.set("archive_name", file.name);
    values.set("archive_size", String(file.size));
  }
  const answer = await fetch(location.pathname, {
    method: "POST",
    body: values,
    headers: { Accept: "application/json" },
  });
  if (!answer.ok || answer.redirected) return showAgain(form, await answer.text());
  const { page, upload: url } = await answer.json();
  history.pushState({}, "", page); // a reload leads to the page that goes on
  if (await upload(file, url, tokenOf(form), panelOf(form))) location.assign(page);
  return undefined;
}

async function resume(form) {
  const file = chosenOf(form);
  if (!file) return;
  const { importResume: url, page } = form.dataset;
  if (await upload(file, url, tokenOf(form), panelOf(form))) location.assign(page);
}

for (const form of document.querySelectorAll("[data-import-form], [data-import-resume]")) {
  const act = form.matches("[data-import-form]") ? open : resume;
  addFolderField(form);
  for (const button of form.querySelectorAll("[data-script-only]")) button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      await act(form);
    } catch {
      panelOf(form).tell("refused");
    }
    form.querySelector("[type=submit]").disabled = false;
  });
}
