"use strict";
// Counts the minutes of the staff session down, and leaves the page when it is over.
document.addEventListener("DOMContentLoaded", () => {
  const left = document.getElementById("staff-left");
  if (!left) return;
  const end = Date.now() + Number(left.dataset.seconds) * 1000;
  const number = left.querySelector("span");
  setInterval(() => {
    const seconds = Math.floor((end - Date.now()) / 1000);
    if (seconds < 0) location.assign(left.dataset.door);
    else number.textContent = String(Math.floor(seconds / 60));
  }, 1000);
});
