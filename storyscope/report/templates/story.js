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
      const kept = ["lit", "here"].filter((c) => mark.classList.contains(c));
      const seen = list(mark, "g").filter((g) => on.has(g));
      mark.className = seen.length ? `on f-${seen[0]}${seen[1] ? ` u-${seen[1]}` : ""}` : "";
      mark.classList.add(...kept);
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
      mark.classList.remove("here");
      mark.removeAttribute("tabindex");
      if (!inside) continue;
      const fresh = list(mark, "p").filter((p) => !seen.has(p) && passage[p] === id);
      if (!fresh.length) continue;
      fresh.forEach((p) => seen.add(p));
      mark.tabIndex = 0;
      stops.push({ mark, id: fresh[0] });
    }
  }

  const passage = {};
  document.querySelectorAll("[data-passages]").forEach((e) => {
    e.dataset.passages.split(" ").filter(Boolean).forEach((p) => { passage[p] = e.dataset.group; });
  });

  function go(to) {
    if (!stops.length) return;
    const stop = stops[(to + stops.length) % stops.length];
    stop.mark.focus({ preventScroll: true });
    stop.mark.scrollIntoView({ block: "center" });
  }

  function tell(k) {
    here = k;
    const { mark: at, id } = stops[k];
    marks.forEach((m) => m.classList.toggle("here", list(m, "p").includes(id)));
    said.textContent = `${names[group]}: passage ${k + 1} of ${stops.length}. `;
    const why = document.getElementById(`why-${group}`);
    if (why) {
      const link = document.createElement("a");
      link.href = `#why-${group}`;
      link.textContent = "Its place among the reasons";
      link.addEventListener("click", () => { const more = why.closest("details"); if (more) more.open = true; });
      said.append(link, ". ");
    }
    const others = list(at, "g").filter((g) => g !== group && names[g]);
    if (others.length) said.append("Also here: ");
    others.forEach((g, n) => {
      const link = document.createElement("a");
      link.href = `#${at.id}`;
      link.textContent = names[g];
      link.dataset.show = g;
      link.dataset.at = at.id;
      said.append(n ? ", " : "", link);
    });
    panel.hidden = false;
    document.body.classList.add("chosen");
  }

  function show(id, from, at) {
    if (from && !panel.contains(from)) cameFrom = from;
    choose(id);
    const k = at ? stops.findIndex((stop) => list(at, "p").includes(stop.id)) : 0;
    go(Math.max(k, 0));
  }

  function close() {
    choose(null);
    here = -1;
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
  document.addEventListener("focusin", (event) => {
    const k = stops.findIndex((stop) => stop.mark === event.target);
    if (k >= 0) tell(k);
  });
  document.addEventListener("keydown", (event) => {
    if (panel.hidden || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") { event.preventDefault(); close(); return; }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && event.target.closest && event.target.closest(".story mark")) { event.preventDefault(); go(here + step); }
  });
})();
