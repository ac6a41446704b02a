// The last hour as one bar a minute: all requests, and in front of them those that failed.
import { axis, barSeries, fromZero } from "./plot.js";
import { say } from "./words.js";

const HEIGHT = 260;
const HOUR_S = 3600;
const place = document.getElementById("chart");
const rate = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
let plot = null;
let points = null;

const bars = (label, name) => barSeries(label, name, { size: [0.8, 24], align: 1 }, (_, v) => (v == null ? "–" : rate.format(v)));

function make() {
  if (plot) plot.destroy();
  const clock = (_, times) => times.map((s) => new Date(s * 1000).toISOString().slice(11, 16));
  plot = new uPlot({
    width: place.clientWidth, height: HEIGHT, cursor: { drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: () => { const end = points[0].at(-1) + 60; return [end - HOUR_S, end]; } },
      y: { range: fromZero },
    },
    axes: [axis({ values: clock }), axis({ size: 60, values: (_, values) => values.map((v) => rate.format(v)) })],
    series: [
      { label: say("minute", "minute"), value: (_, s) => (s == null ? "–" : `${clock(_, [s])[0]} UTC`) },
      bars(say("chart_requests", "requests/s"), "--accent"), bars(say("chart_errors", "of these 4xx and 5xx"), "--bad"),
    ],
  }, points, place);
}

/** Draws `series` of a snapshot: epoch seconds, requests/s and failed requests/s per minute. */
export function draw(series) {
  const first = plot === null;
  points = [series.time, series.requests_per_s, series.errors_per_s];
  const [now, highest] = [series.requests_per_s.at(-1), Math.max(...series.requests_per_s)];
  place.setAttribute("aria-label", say("chart_now", "requests per second over the last hour: newest minute {now}, highest {highest}", { now: rate.format(now), highest: rate.format(highest) }));
  if (!first) { plot.setData(points); return; }
  make();
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", make);
  addEventListener("theme", make);
}
