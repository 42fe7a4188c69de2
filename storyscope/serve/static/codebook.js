// Filters the features while one types; without it the form asks the server for the same.
(() => {
  const form = document.getElementById("filter");
  const asked = document.getElementById("q");
  const dimension = document.getElementById("dimension");
  const features = [...document.querySelectorAll(".feature")];
  const words = new Map(features.map((f) => [f, `${f.dataset.dimension} ${f.textContent}`.toLowerCase()]));

  function filter() {
    const wanted = asked.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const f of features) {
      const inside = !dimension.value || f.dataset.dimension === dimension.value;
      f.hidden = !inside || !wanted.every((w) => words.get(f).includes(w));
      if (!f.hidden) n += 1;
    }
    document.querySelectorAll(".dimension").forEach((s) => { s.hidden = !s.querySelector(".feature:not([hidden])"); });
    document.getElementById("count").textContent = `${n} of ${features.length} features`;
  }

  asked.addEventListener("input", filter);
  dimension.addEventListener("change", filter);
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (named && named.tagName === "DETAILS") named.open = true;
})();
