// Hands texts in, shows how far they are, and leads to what was found. Which texts are this tab's
// own is kept in the tab; the texts themselves are with the server, in memory.
(() => {
  const form = document.getElementById("paste");
  const story = document.getElementById("story");
  const title = document.getElementById("name");
  const file = document.getElementById("file");
  const said = document.getElementById("said");
  const refused = document.getElementById("refused");
  const list = document.getElementById("list");
  const compare = document.getElementById("compare");
  const most = Number(form.dataset.most);
  const KEPT = "storyscope.texts";
  const rows = new Map(); // id to its item of the list

  const kept = () => JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  const keep = () => sessionStorage.setItem(KEPT, JSON.stringify([...rows.keys()]));

  function made(tag, text, more = {}) {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(more)) element.setAttribute(name, value);
    return element;
  }

  async function sentence(answer) {
    try { return (await answer.json()).error; } catch { return `The server answered with status ${answer.status}.`; }
  }

  // Of several files each keeps its own sentence, whatever becomes of the others.
  const refuse = (sentence) => refused.append(made("p", sentence));

  async function handIn(name, body, type) {
    if (body.size === 0) return refuse(`${name} is empty; give a story of a few hundred words.`);
    if (body.size > most) return refuse(`${name} is larger than ${most / 1e6} MB; give it in parts, or as .txt.`);
    let answer;
    try {
      answer = await fetch(`/texts?name=${encodeURIComponent(name)}`, { method: "POST", body, headers: { "Content-Type": type } });
    } catch { return refuse(`${name} could not be handed in; is the server still running?`); }
    if (!answer.ok) return refuse(await sentence(answer));
    show(await answer.json());
  }

  function status(text) {
    if (text.state === "waiting") return text.before ? `Waiting, ${text.before} before it` : "Waiting for the models to load";
    return `${text.stage}, ${Math.round(text.seconds)} seconds so far`;
  }

  function show(text) {
    let row = rows.get(text.id);
    if (!row) {
      row = made("li", "");
      row.id = `text-${text.id}`;
      rows.set(text.id, row);
      list.prepend(row);
      keep();
    }
    document.getElementById("texts").hidden = false;
    row.className = text.state;
    if (text.state === "waiting" || text.state === "reading") {
      if (!row.querySelector("progress")) {
        const bar = made("progress", "", { max: text.steps, "aria-label": `Reading ${text.name}` });
        const stop = made("button", "Stop", { type: "button", "aria-label": `Stop reading ${text.name}` });
        stop.addEventListener("click", () => forget(text.id));
        row.replaceChildren(made("h3", text.name), made("p", "", { class: "note" }), bar, stop);
      }
      row.querySelector("p").textContent = status(text);
      row.querySelector("progress").value = text.step;
      setTimeout(ask, text.seconds < 20 ? 500 : 1500, text.id);
      return;
    }
    const end = made("p", "", { class: "row" });
    if (text.state === "done") {
      const box = made("input", "", { type: "checkbox", value: text.id });
      box.addEventListener("change", choose);
      const label = made("label", " Compare");
      label.prepend(box);
      end.append(
        made("a", "Open its page", { href: `/texts/${text.id}/page`, "aria-label": `Open its page: ${text.name}` }),
        made("a", "HTML", { href: `/texts/${text.id}/page?download=1`, download: "", "aria-label": `Download ${text.name} as HTML` }),
        made("a", "JSON", { href: `/texts/${text.id}/data`, download: "", "aria-label": `Download ${text.name} as JSON` }),
        label,
      );
    }
    const gone = made("button", "Forget", { type: "button", "aria-label": `Forget ${text.name}` });
    gone.addEventListener("click", () => forget(text.id));
    end.append(gone);
    const length = text.words ? `${text.words.toLocaleString("en")} words, read in ${Math.max(1, Math.round(text.seconds))} s` : "";
    row.replaceChildren(made("h3", text.name), made("p", text.says, { class: "says" }), made("p", length, { class: "note" }), end);
    said.textContent = text.says.startsWith(text.name) ? text.says : `${text.name}: ${text.says}`;
  }

  async function ask(id) {
    if (!rows.has(id)) return;
    let answer;
    try { answer = await fetch(`/texts/${id}`); } catch {
      if (!refused.textContent) refuse("The server does not answer; its texts are gone if it was stopped.");
      setTimeout(ask, 3000, id);
      return;
    }
    if (answer.ok) show(await answer.json());
    else drop(id);
  }

  async function forget(id) {
    await fetch(`/texts/${id}`, { method: "DELETE" }).catch(() => {});
    drop(id);
    story.focus();
  }

  function drop(id) {
    rows.get(id)?.remove();
    rows.delete(id);
    keep();
    document.getElementById("texts").hidden = !rows.size;
    choose();
  }

  const chosen = () => [...list.querySelectorAll("input:checked")].map((box) => box.value).reverse();
  function choose() { compare.disabled = chosen().length !== 2; }
  compare.addEventListener("click", () => {
    const [first, second] = chosen();
    location.assign(`/compare?first=${first}&second=${second}`);
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refused.replaceChildren();
    const text = story.value;
    const name = title.value.trim() || text.trim().split(/\s+/).slice(0, 6).join(" ") || "The pasted text";
    handIn(name, new Blob([text.trim() ? text : ""], { type: "text/plain" }), "text/plain; charset=utf-8");
  });
  story.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(); });
  function files(found, folders = []) {
    refused.replaceChildren();
    folders.forEach((name) => refuse(`${name} is a folder; drop the files that are in it.`));
    [...found].filter((one) => !folders.includes(one.name)).forEach((one) => handIn(one.name, one, "application/octet-stream"));
  }
  file.addEventListener("change", () => { files(file.files); file.value = ""; });

  const dragged = (event) => [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragover", (event) => { if (dragged(event)) { event.preventDefault(); document.body.classList.add("over"); } });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("over");
    if (!dragged(event)) return;
    event.preventDefault();
    const { files: found, items } = event.dataTransfer;
    const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    files(found, entries.filter((entry) => entry.isDirectory).map((entry) => entry.name));
    if (!found.length) refuse("Nothing was dropped that is a file.");
  });

  kept().forEach((id) => { rows.set(id, list.appendChild(made("li", "", { id: `text-${id}` }))); ask(id); });
})();
