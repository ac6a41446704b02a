// A table of figures by two things, each cell as dark as its figure is high; the figures are there to read as well.
import { element, scrolled } from "./shell.js";

/** Returns the table: `rows` are {name, cells}, a cell {value, text, title}; a value of null has no colour. */
export function grid(label, corner, columns, rows) {
  const most = Math.max(...rows.flatMap(({ cells }) => cells.map(({ value }) => value ?? 0)), 0);
  const head = element("tr", {}, element("th", { scope: "col" }, corner), ...columns.map((name) => element("th", { scope: "col", class: "n" }, name)));
  const lines = rows.map(({ name, cells }) => element("tr", {}, element("th", { scope: "row" }, name), ...cells.map(({ value, text, title }) => {
    const cell = element("td", title ? { title } : {}, text);
    cell.style.setProperty("--heat", most && value ? `${Math.round((value / most) * 60)}%` : "0%");
    return cell;
  })));
  return scrolled(label, head, lines, "grid");
}
