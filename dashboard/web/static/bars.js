// A series as bars, with the same figures as a table for those who do not see them, and as a picture to take along.
import { marksOf } from "./annotations.js";
import { figure } from "./numbers.js";
import { axis, barSeries, colour, fromZero } from "./plot.js";
import { element, scrolled } from "./shell.js";
import { say } from "./words.js";

const HEIGHT = 220;
const made = new Set();

/** Returns the places of the days or hours of which somebody wrote something. */
function marked(section, site) {
  const [time] = section.dimensions;
  const length = time === "window_hour" ? 13 : 10;
  return section.rows.flatMap((row, at) => (marksOf(site.site, row.dimensions[time].slice(0, length)).length ? [at] : []));
}

/** Returns a plugin of uPlot that draws a dashed line at these places. */
function dashed(places) {
  const draw = (chart) => {
    chart.ctx.save();
    chart.ctx.strokeStyle = colour("--warn");
    chart.ctx.lineWidth = 2;
    chart.ctx.setLineDash([6, 4]);
    for (const at of places) {
      const x = chart.valToPos(at, "x", true);
      chart.ctx.beginPath();
      chart.ctx.moveTo(x, chart.bbox.top);
      chart.ctx.lineTo(x, chart.bbox.top + chart.bbox.height);
      chart.ctx.stroke();
    }
    chart.ctx.restore();
  };
  return { hooks: { draw } };
}

function plot(place, section, site, figureName) {
  const [time] = section.dimensions;
  const [first] = section.figures;
  const short = time === "window_hour" ? (text) => text.slice(11, 16) : (text) => text.slice(5, 10);
  const values = section.rows.map((row) => row.values[first.name].value);
  const data = [section.rows.map((_, at) => at), values.map((value) => (value === null ? null : Number(value)))];
  return new uPlot({
    width: place.clientWidth || 600, height: HEIGHT, cursor: { drag: { x: false, y: false } },
    plugins: [dashed(marked(section, site))],
    scales: { x: { time: false, range: () => [-0.5, section.rows.length - 0.5] }, y: { range: fromZero } },
    axes: [
      axis({ incrs: [1, 2, 5, 7, 14, 28], values: (_, places) => places.map((at) => (Number.isInteger(at) && section.rows[at] ? short(section.rows[at].dimensions[time]) : "")) }),
      axis({ size: 70, values: (_, ticks) => ticks.map((tick) => figure(tick, first.unit === "site currency" ? "" : first.unit)) }),
    ],
    series: [
      { label: say(`dimension_${time}`, "day (UTC)"), value: (_, at) => (at === null || !section.rows[at] ? "–" : section.rows[at].dimensions[time]) },
      barSeries(figureName(first), "--accent", { size: [0.7, 60] }, (_, value) => figure(value, first.unit, site.currency)),
    ],
  }, data, place);
}

function asTable(section, site, title, figureName) {
  const [time] = section.dimensions;
  const head = element("tr", {}, element("th", { scope: "col" }, say(`dimension_${time}`, "day (UTC)")), ...section.figures.map((one) => element("th", { scope: "col", class: "n" }, figureName(one))));
  const rows = section.rows.map((row) => element("tr", {}, element("th", { scope: "row" }, row.dimensions[time]),
    ...section.figures.map((one) => element("td", {}, figure(row.values[one.name].value, one.unit, site.currency)))));
  return element("details", {}, element("summary", {}, say("as_table", "as a table")),
    scrolled(`${title}, ${site.site}`, head, rows));
}

function picture(place, name) {
  const button = element("button", { type: "button" }, "PNG");
  button.addEventListener("click", () => place.querySelector("canvas").toBlob((blob) => {
    const link = element("a", { href: URL.createObjectURL(blob), download: `shoplog-${name}.png` });
    link.click();
    URL.revokeObjectURL(link.href);
  }));
  return button;
}

/** Forgets the charts of the page before. */
export function clear() {
  for (const chart of made) chart.destroy();
  made.clear();
}

/** Returns the chart of a section whose dimension is a time. */
export function bars(section, site, title, figureName) {
  const place = element("div", { class: "chart", role: "img", "aria-label": title, "data-marked": marked(section, site).join(" ") });
  const all = element("div", {}, place, picture(place, section.name), asTable(section, site, title, figureName));
  // Its width is known once it stands on the page.
  const watcher = new ResizeObserver(() => {
    if (!place.isConnected) { watcher.disconnect(); return; }
    if (place.firstChild) { for (const chart of made) if (chart.root.parentElement === place) chart.setSize({ width: place.clientWidth, height: HEIGHT }); } else made.add(plot(place, section, site, figureName));
  });
  watcher.observe(place);
  return all;
}
