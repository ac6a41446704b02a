// A section of the report as tiles, a table or a chart. Everything that came from a log is written as text only.
import { ask, asked, withFilter } from "./asked.js";
import { bars } from "./bars.js";
import { change, figure } from "./numbers.js";
import { element, scrolled } from "./shell.js";
import { dimensionName, say } from "./words.js";

// Not of requests: a step is a place in the funnel, a window is a time.
const NO_FILTER = new Set(["step", "window_date", "window_hour"]);
const figureName = ({ name }) => say(`figure_${name}`, name.replaceAll("_", " "));

function compared(value, unit, site, hasPrevious) {
  if (!hasPrevious) return [];
  const before = `${say("before", "before")} ${figure(value.previous, unit, site.currency)}`;
  return [element("small", {}, [change(value, unit), before].filter(Boolean).join(" · "))];
}

function tiles(section, site, hasPrevious) {
  const list = element("dl", { class: "tiles" });
  for (const one of section.figures) {
    const value = section.rows[0].values[one.name];
    const cell = element("dd", { "data-figure": one.name }, figure(value.value, one.unit, site.currency), ...compared(value, one.unit, site, hasPrevious));
    list.append(element("div", { title: one.meaning }, element("dt", {}, figureName(one)), cell));
  }
  return list;
}

function dimensionCell(section, row) {
  const cell = element("th", { scope: "row" });
  section.dimensions.forEach((name, at) => {
    if (at) cell.append(" · ");
    const value = row.dimensions[name];
    const text = value === null ? say("none", "(none)") : String(value);
    if (NO_FILTER.has(name)) { cell.append(text); return; }
    const button = element("button", { type: "button", title: `${dimensionName(name)}: ${say("only", "show only this")}` });
    button.textContent = text;
    button.addEventListener("click", () => ask(withFilter(asked(), name, value)));
    cell.append(button);
  });
  return cell;
}

function table(section, site, hasPrevious) {
  const head = element("tr", {}, element("th", { scope: "col" }, section.dimensions.map(dimensionName).join(" · ")));
  for (const one of section.figures) head.append(element("th", { scope: "col", class: "n", title: one.meaning }, figureName(one)));
  const first = section.figures[0].name;
  const most = Math.max(...section.rows.map((row) => Number(row.values[first].value) || 0), 0);
  const rows = section.rows.map((row) => {
    const line = element("tr", {}, dimensionCell(section, row));
    line.style.setProperty("--part", most ? (Number(row.values[first].value) || 0) / most : 0);
    for (const one of section.figures) {
      const value = row.values[one.name];
      line.append(element("td", { "data-figure": one.name }, figure(value.value, one.unit, site.currency), ...compared(value, one.unit, site, hasPrevious)));
    }
    return line;
  });
  return scrolled(title(section), head, rows);
}

const title = (section) => say(`section_${section.name}`, section.title);
// One bar shows nothing: it is read.
const isSeries = (section) => section.rows.length > 1 && section.dimensions.some((name) => name.startsWith("window_"));

function content(section, site, hasPrevious) {
  if (!section.rows.length) return element("p", {}, say("no_rows", "none"));
  if (isSeries(section)) return bars(section, site, title(section), figureName);
  return section.dimensions.length ? table(section, site, hasPrevious) : tiles(section, site, hasPrevious);
}

/** Returns the section; `hasPrevious` says that another period stands beside it. */
export function draw(section, site, hasPrevious) {
  const shown = section.rows_in_all > section.rows.length ? say("of", "{shown} of {all}", { shown: section.rows.length, all: figure(section.rows_in_all, "") }) : "";
  const heading = element("h2", {}, title(section), " ", element("small", {}, [shown, say(`status_${section.status}`, section.status ?? "")].filter(Boolean).join(" · ")));
  const kind = isSeries(section) ? "series" : section.dimensions.length ? "table" : "whole";
  const wide = section.figures.length > 3 && kind === "table" ? " whole" : "";
  return element("section", { class: `${kind}${wide}`, "data-section": section.name }, heading, content(section, site, hasPrevious));
}
