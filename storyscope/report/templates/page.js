document.querySelectorAll("table.sortable th").forEach((head, column) => {
  head.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const falling = head.dataset.falling !== "yes";
    head.closest("tr").querySelectorAll("th").forEach((other) => delete other.dataset.falling);
    head.dataset.falling = falling ? "yes" : "no";
    const key = (row) => row.cells[column].textContent.trim();
    const compare = (a, b) => {
      const [x, y] = [parseFloat(key(a)), parseFloat(key(b))];
      if (Number.isNaN(x) || Number.isNaN(y)) {
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
        return falling ? key(a).localeCompare(key(b)) : key(b).localeCompare(key(a));
      }
      return falling ? y - x : x - y;
    };
    [...body.rows].sort(compare).forEach((row) => body.append(row));
  });
});
