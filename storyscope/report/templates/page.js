// Sorts and filters tables, and shows one feature by source with passages of both sides.
(() => {
  const key = (row, column) => row.cells[column].textContent.trim().replace("−", "-").replace(",", "").replace("<", "");
  document.querySelectorAll("table.sortable thead th").forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const body = head.closest("table").tBodies[0];
      const first = head.classList.contains("n") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const way = head.getAttribute("aria-sort") === first ? other : first;
      head.closest("tr").querySelectorAll("th").forEach((th) => th.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", way);
      const sign = way === "ascending" ? 1 : -1;
      const rank = (text) => (head.classList.contains("n") ? parseFloat(text) : NaN);
      [...body.rows]
        .map((row) => ({ row, text: key(row, column) }))
        .sort((a, b) => {
          const [x, y] = [rank(a.text), rank(b.text)];
          if (Number.isNaN(x) || Number.isNaN(y)) {
            if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
            return sign * a.text.localeCompare(b.text);
          }
          return sign * (x - y);
        })
        .forEach(({ row }) => body.append(row));
    });
  });

  document.querySelectorAll("[data-filter]").forEach((box) => {
    const table = document.getElementById(box.dataset.filter);
    const choice = document.querySelector(`[data-dimension="${table.id}"]`);
    const said = box.closest("p").querySelector("[role=status]");
    const rows = [...table.tBodies[0].rows];
    const narrow = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !(words.every((w) => text.includes(w)) && (!choice || !choice.value || row.dataset.d === choice.value));
        n += row.hidden ? 0 : 1;
      }
      said.textContent = `${n} of ${rows.length} features`;
    };
    box.addEventListener("input", narrow);
    if (choice) choice.addEventListener("change", narrow);
  });

  const held = document.getElementById("data"), card = document.getElementById("card");
  if (!held || !card) return;
  const data = JSON.parse(held.textContent), one = document.getElementById("one"), choose = document.getElementById("choose");
  const make = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const draw = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [k, v] of Object.entries(attributes)) made.setAttribute(k, v);
    return made;
  };
  const at = (share) => `${(3 + 94 * share).toFixed(2)}%`;
  const named = (k) => { const span = make("span"); span.append(make("span", "", `dot source-${k}`), data.sources[k]); return span; };

  function strips(f) {
    const table = make("table", undefined, "strips"), body = make("tbody");
    table.append(make("caption", `${f.unit}; dot: mean${f.unit === "% of stories" ? "" : ", line: the middle half of the stories"}`), body);
    for (const [k, low, mean, high, told] of f.rows) {
      const row = make("tr", undefined, `source-${k}`), head = make("th"), cell = make("td", undefined, "at");
      head.scope = "row";
      head.append(named(k));
      const svg = draw("svg", { class: "strip", width: "100%", height: 18, "aria-hidden": "true" });
      svg.append(
        draw("line", { class: "axis", x1: "3%", x2: "97%", y1: 9, y2: 9 }),
        draw("line", { class: "half", x1: at(low), x2: at(high), y1: 9, y2: 9 }),
        draw("circle", { class: "full", cx: at(mean), cy: 9, r: 5 }),
      );
      cell.append(svg);
      row.append(head, cell, make("td", told, "n"));
      body.append(row);
    }
    return table;
  }

  function side(passages, title) {
    const column = make("div");
    column.append(make("h4", title));
    if (!passages.length) column.append(make("p", "No passage at hand.", "note"));
    for (const [k, story, before, text, after] of passages) {
      const quote = make("blockquote"), p = make("p"), from = make("footer");
      p.append(make("span", before, "near"), make("mark", text), make("span", after, "near"));
      from.append(named(k), make("span", ` (${story})`, "note"));
      quote.append(p, from);
      column.append(quote);
    }
    return column;
  }

  function show(id, lead) {
    const f = data.features[id];
    if (!f) return;
    choose.value = id;
    one.replaceChildren(make("h3", f.name), make("p", f.question), strips(f));
    if (f.says) one.append(make("p", f.says, "note"));
    if (data.texts) {
      const [mine, others] = f.passages;
      if (mine.length || others.length) {
        const both = make("div", undefined, "two");
        const first = data.people ? "By people" : mine.length ? `By ${data.sources[mine[0][0]]}` : "By one";
        both.append(side(mine, first), side(others, data.people ? "By models" : "By others"));
        one.append(both);
      } else one.append(make("p", "This feature rests on the story as a whole or on counts; no passage shows it.", "note"));
    }
    document.querySelectorAll("svg .point").forEach((p) => p.classList.toggle("on", p.dataset.feature === id));
    if (lead) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "start" }); }
  }

  choose.addEventListener("change", () => show(choose.value, false));
  document.addEventListener("click", (event) => {
    const from = event.target.closest("[data-feature]");
    if (!from) return;
    event.preventDefault();
    show(from.dataset.feature, true);
  });
  const first = document.querySelector("a[data-feature]");
  if (first) show(first.dataset.feature, false);
})();
