// What every chart has of the page: its colours, its axes, its bars.
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Returns an axis in the page's colours. */
export function axis(more) {
  const line = { stroke: colour("--line"), width: 1 };
  return { stroke: colour("--ink"), grid: line, ticks: line, ...more };
}

/** Returns a series of filled bars; `size` and `align` are uPlot's, `value` writes one in the legend. */
export function barSeries(label, name, paths, value) {
  return { label, stroke: colour(name), fill: colour(name), width: 0, points: { show: false }, paths: uPlot.paths.bars(paths), value };
}

export const fromZero = (_, low, high) => [0, (high || 1) * 1.1];
