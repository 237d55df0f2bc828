// Small conveniences; every page works without this file.

// Menus close on Escape and on a click elsewhere.
const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Ctrl+K and / lead to the search box. The workbench's switch for single keys holds for / as well.
document.addEventListener("keydown", (event) => {
  const box = document.querySelector("[data-find]");
  if (!box || event.defaultPrevented || event.altKey) return;
  const withControl = event.ctrlKey || event.metaKey;
  const isLetter = withControl && event.key === "k";
  const isSlash = !withControl && event.key === "/"; // some keyboards have it behind Shift
  if (!isLetter && !isSlash) return;
  if (isSlash && localStorage.getItem("candor-single-keys") === "off") return;
  if (isSlash && event.target.closest("input, select, textarea, dialog, [contenteditable]")) return;
  if (!box.checkVisibility()) return location.assign(box.form.action);
  event.preventDefault();
  box.focus();
  box.select();
});

// The switch for single keys; without a script there are none.
const singleKeys = document.querySelector("[data-single-keys]");
if (singleKeys) {
  singleKeys.closest("[hidden]").hidden = false;
  singleKeys.checked = localStorage.getItem("candor-single-keys") !== "off";
  singleKeys.addEventListener("change", () => {
    localStorage.setItem("candor-single-keys", singleKeys.checked ? "on" : "off");
  });
}

// Panels that ask for themselves again would be read out at every answer: only news is told.
let told = "";
document.addEventListener("htmx:afterSettle", () => {
  const news = document.querySelector("[data-announce]")?.dataset.announce ?? "";
  if (news === told) return;
  told = news;
  document.getElementById("announcer").textContent = news;
});

// A panel that is sent to the log-in page means that the session ended: show that whole page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath, location.href).pathname;
  if (new URL(xhr.responseURL).pathname === asked) return;
  event.detail.shouldSwap = false;
  location.reload();
});

// Buttons that only a script can serve are hidden without one, or where passkeys do not exist.
for (const button of document.querySelectorAll("[data-needs-script]")) {
  button.hidden = !window.PublicKeyCredential;
}

// allauth tells of a passkey that was refused or not found: say so instead of writing to the console.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const note = document.getElementById("passkey-problem");
  if (note) note.hidden = false;
});
