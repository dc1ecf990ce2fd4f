
"use strict";
(() => {
  const most = 100000;
  const form = document.getElementById("form");
  const query = document.getElementById("query");
  const told = document.getElementById("told");
  const result = document.getElementById("result");
  let running = null;
  let address = "";
  document.getElementById("hint").hidden = false;

  const show = (text, node) => {
    told.textContent = text;
    result.replaceChildren(...(node ? [node] : []));
  };
  const asText = (text) => {
    const shown = document.createElement("pre");
    shown.textContent = text.length > most ? `${text.slice(0, most)}\n...` : text;
    return shown;
  };
  // An exception report (OWS Common 2.0) as its code and text.
  const asReport = (text) => {
    const report = new DOMParser().parseFromString(text, "application/xml");
    const exception = report.getElementsByTagNameNS("*", "Exception")[0];
    return exception ? [exception.getAttribute("exceptionCode"), exception.textContent.trim()] : ["", text];
  };
  const asFile = async (answer, type) => {
    const blob = await answer.blob();
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(blob);
    if (/^image\/(png|jpeg|gif|webp|bmp)$/.test(type)) {
      const image = document.createElement("img");
      image.alt = "The result of the query";
      image.src = address;
      await image.decode();
      show(`${type}, ${image.naturalWidth} x ${image.naturalHeight} pixels`, image);
      return;
    }
    const link = document.createElement("a");
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
    link.href = address;
    link.download = name ? name[1] : "result";
    link.textContent = `Save ${link.download}`;
    show(`${type}, ${blob.size} bytes`, link);
  };
  const run = async () => {
    if (running) running.abort();
    const mine = running = new AbortController();
    document.getElementById("answers").hidden = false;
    show("Running ...");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams({ query: query.value }), signal: mine.signal,
      });
      const type = (answer.headers.get("Content-Type") || "").split(";")[0];
      if (!answer.ok) {
        const [code, text] = asReport(await answer.text());
        show(code || `status ${answer.status}`, asText(text));
      } else if (/^text\/|json|xml/.test(type)) {
        const text = await answer.text();
        show(text ? type : "No combination of coverages meets the condition.", text ? asText(text) : null);
      } else {
        await asFile(answer, type);
      }
    } catch (error) {
      if (!mine.signal.aborted) show("The server cannot be reached, or its answer cannot be shown.", asText(String(error)));
    } finally {
      if (running === mine) running = null;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
})();
