
"use strict";
(() => {
  const said = document.getElementById("said");
  let timer;
  const say = (text) => {
    said.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { said.textContent = ""; }, 2500);
  };
  // The clipboard is there on secure pages only; elsewhere the text is selected and copied the old way.
  const copy = async (code) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    }
    const range = document.createRange();
    range.selectNodeContents(code);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  };
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    const what = button.closest(".copyable").querySelector("dt").textContent;
    button.setAttribute("aria-label", `Copy: ${what}`);
    button.addEventListener("click", async () => {
      let done = false;
      try {
        done = await copy(button.previousElementSibling);
      } catch {
        done = false;
      }
      say(done ? "Copied" : "Select the text and copy it with Ctrl+C");
    });
  }
})();
