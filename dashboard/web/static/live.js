"use strict";
// Everything that came from a log is written with textContent only.
const STALE_AFTER_S = 30;
const at = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
let chart = null;
let last = null;
let lastHeardAt = 0;

function fill(body, rows) {
  body.replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    for (const cell of cells) {
      const place = document.createElement("td");
      place.textContent = typeof cell === "number" ? number.format(cell) : cell;
      row.append(place);
    }
    return row;
  }));
}

function draw(series) {
  const points = [series.time, series.requests_per_s];
  if (chart) { chart.setData(points); return; }
  const ink = getComputedStyle(document.body).color;
  const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  chart = new uPlot({
    width: at("chart").clientWidth, height: 240, tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
    axes: [{ stroke: ink }, { stroke: ink }],
    series: [{ label: "UTC" }, { label: "requests/s", stroke: accent, width: 2, fill: accent + "22" }],
  }, points, at("chart"));
  addEventListener("resize", () => chart.setSize({ width: at("chart").clientWidth, height: 240 }));
}

function staleness() {
  const silent = (Date.now() - lastHeardAt) / 1000;
  const stale = last && last.stale_s !== null ? last.stale_s + silent : 0;
  at("stale").hidden = !(stale > STALE_AFTER_S || (lastHeardAt && silent > STALE_AFTER_S));
  at("stale-for").textContent = `${Math.round(Math.max(stale, silent))} s`;
}

function show(live) {
  last = live;
  lastHeardAt = Date.now();
  for (const fate of ["accepted", "quarantined", "duplicates"]) at(fate).textContent = number.format(live.totals ? live.totals[fate] : 0);
  if (live.has_lines) {
    at("as-of").textContent = live.data_as_of.replace("T", " ").slice(0, 19) + " UTC";
    at("as-of").dateTime = live.data_as_of;
    at("day-status").textContent = live.status;
    at("replay").hidden = !live.replay;
    at("rate").textContent = number.format(live.requests_per_s);
    at("visitors").textContent = number.format(live.visitors_5m);
    fill(at("status-mix"), Object.entries(live.status_mix));
    fill(at("top-pages"), live.top_pages);
    draw(live.series);
  }
  staleness();
}

new EventSource("/api/v1/live/events").onmessage = (event) => show(JSON.parse(event.data));
setInterval(staleness, 1000);
