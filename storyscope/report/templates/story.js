// Colours families on and off, lights the passages of one group, and leads from a reason to its
// passages and back. Without it, links still lead to the first passage.
(() => {
  const marks = [...document.querySelectorAll(".story mark")];
  const boxes = [...document.querySelectorAll("input[data-family]")];
  const panel = document.getElementById("panel");
  if (!panel) return;
  const said = panel.querySelector("p");
  const names = {};
  document.querySelectorAll("[data-name]").forEach((e) => { names[e.dataset.group] = e.dataset.name; });
  const list = (mark, key) => (mark.dataset[key] || "").split(" ").filter(Boolean);
  let group = null, stops = [], here = -1, cameFrom = null;

  function colour() {
    const on = new Set(boxes.filter((b) => b.checked).map((b) => b.dataset.family));
    for (const mark of marks) {
      const lit = mark.classList.contains("lit");
      const seen = list(mark, "g").filter((g) => on.has(g));
      mark.className = seen.length ? `on f-${seen[0]}${seen[1] ? ` u-${seen[1]}` : ""}` : "";
      if (lit) mark.classList.add("lit");
      const label = list(mark, "b").filter((g) => on.has(g)).map((g) => names[g]).join(", ");
      if (label) mark.dataset.begins = label; else delete mark.dataset.begins;
    }
  }

  function choose(id) {
    group = id;
    const seen = new Set();
    stops = [];
    for (const mark of marks) {
      const inside = list(mark, "g").includes(id);
      mark.classList.toggle("lit", inside);
      mark.removeAttribute("tabindex");
      if (!inside) continue;
      const fresh = list(mark, "p").filter((p) => !seen.has(p) && passage[p] === id);
      if (!fresh.length) continue;
      fresh.forEach((p) => seen.add(p));
      mark.tabIndex = 0;
      stops.push(mark);
    }
  }

  const passage = {};
  document.querySelectorAll("[data-passages]").forEach((e) => {
    e.dataset.passages.split(" ").filter(Boolean).forEach((p) => { passage[p] = e.dataset.group; });
  });

  function go(to) {
    if (!stops.length) return;
    here = (to + stops.length) % stops.length;
    stops[here].focus({ preventScroll: true });
    stops[here].scrollIntoView({ block: "center" });
    said.textContent = `${names[group]}: passage ${here + 1} of ${stops.length}. `;
    const why = document.getElementById(`why-${group}`);
    if (why) {
      const link = document.createElement("a");
      link.href = `#why-${group}`;
      link.textContent = "Its place among the reasons";
      said.append(link, ". ");
    }
    const others = list(stops[here], "g").filter((g) => g !== group && names[g]);
    if (others.length) said.append("Also here: ");
    others.forEach((g, k) => {
      const button = document.createElement("a");
      button.href = `#${stops[here].id}`;
      button.textContent = names[g];
      button.dataset.show = g;
      said.append(k ? ", " : "", button);
    });
    panel.hidden = false;
    document.body.classList.add("chosen");
  }

  function show(id, from, at) {
    if (from && !panel.contains(from)) cameFrom = from;
    choose(id);
    const k = at ? stops.findIndex((m) => m === at || (m.compareDocumentPosition(at) & 2)) : 0;
    go(at ? Math.max(stops.indexOf(at), k, 0) : 0);
  }

  function close() {
    choose(null);
    panel.hidden = true;
    document.body.classList.remove("chosen");
    if (cameFrom) cameFrom.focus();
    cameFrom = null;
  }

  boxes.forEach((box) => box.addEventListener("change", colour));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show]");
    if (link) { event.preventDefault(); show(link.dataset.show, link, link.dataset.at && document.getElementById(link.dataset.at)); return; }
    const drawn = event.target.closest("svg [data-p]");
    if (drawn) {
      const mark = marks.find((m) => list(m, "p").includes(drawn.dataset.p));
      if (mark) show(passage[drawn.dataset.p], null, mark);
      return;
    }
    const mark = event.target.closest(".story mark");
    if (mark && !String(window.getSelection())) {
      const seen = list(mark, "g").filter((g) => names[g]);
      const on = seen.find((g) => g === group) || seen[0];
      if (on) show(on, null, mark);
    }
  });
  panel.querySelector("[data-step='-1']").addEventListener("click", () => go(here - 1));
  panel.querySelector("[data-step='1']").addEventListener("click", () => go(here + 1));
  panel.querySelector("[data-close]").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (panel.hidden || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") { event.preventDefault(); close(); return; }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && event.target.closest && event.target.closest(".story mark")) { event.preventDefault(); go(here + step); }
  });
})();
