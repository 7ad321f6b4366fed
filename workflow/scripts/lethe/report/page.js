"use strict";
// Every table: sort by a click on a heading, search, pages of 20 rows. Without script all rows are shown.
const ROWS = 20;
// Names may look like numbers ("1e5", "Infinity"): a column is one of numbers if all its keys are.
const isNumber = (key) => key === "" || Number.isFinite(Number(key));
const compare = (a, b, numbers) => {
  if (a === b) return 0;
  if (a === "" || b === "") return a === "" ? Infinity : -Infinity; // missing values last, in both directions
  return numbers ? Number(a) - Number(b) : a.localeCompare(b);
};
for (const section of document.querySelectorAll("section.table")) {
  const body = section.querySelector("tbody"), tools = section.querySelector(".tools");
  if (!tools) continue; // a table without rows
  const search = tools.querySelector("input"), range = tools.querySelector(".range");
  const headings = [...section.querySelectorAll("th")], steps = [...tools.querySelectorAll("[data-step]")];
  const everything = tools.querySelector("[data-all]");
  let rows = [...body.rows], start = 0, size = ROWS;
  const text = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase()]));
  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => words.every((word) => text.get(row).includes(word)));
    start = size === Infinity ? 0 : Math.max(0, Math.min(start, Math.floor((found.length - 1) / size) * size));
    const shown = new Set(found.slice(start, start + size));
    for (const row of rows) row.hidden = !shown.has(row);
    range.textContent = found.length ? `${start + 1} to ${start + shown.size} of ${found.length}` : "no row";
    steps[0].disabled = start === 0;
    steps[1].disabled = start + size >= found.length;
    everything.disabled = size !== Infinity && found.length <= size;
    everything.textContent = size === Infinity ? "pages" : "all";
  };
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key;
      const numbers = rows.every((row) => isNumber(key(row)));
      rows = rows
        .map((row) => [key(row), row])
        .sort(([a], [b]) => { const order = compare(a, b, numbers); return Math.abs(order) === Infinity || !down ? order : -order; })
        .map(([, row]) => row);
      body.append(...rows);
      start = 0;
      draw();
    });
  });
  search.addEventListener("input", () => { start = 0; draw(); });
  for (const button of steps) button.addEventListener("click", () => { start += Number(button.dataset.step) * size; draw(); });
  everything.addEventListener("click", () => { size = size === Infinity ? ROWS : Infinity; start = 0; draw(); });
  if (rows.length > 8) tools.hidden = false;
  draw();
  addEventListener("beforeprint", () => { size = Infinity; draw(); });
  addEventListener("afterprint", () => { size = ROWS; draw(); });
}
