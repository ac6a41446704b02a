// The live page's tables. Each row leads to the page that knows more of it; what came from a log is written as text only.
import { figure } from "./numbers.js";
import { element } from "./shell.js";
import { dimensionName, say } from "./words.js";

const CUT = "…";
const REQUESTS = say("requests", "requests");
const SHARE = say("share", "share");
const CHANGE = say("column_change", "change / hour");
const NAMELESS = { path: say("no_request_line", "no request line"), other: say("none", "(none)") };
const of = (name) => ({ of: name, text: (row) => figure(row[name], name.endsWith("_ms") ? "ms" : "") });

function changeCell(row) {
  if (row.change === null) return "–";
  const text = new Intl.NumberFormat("en", { style: "percent", signDisplay: "exceptZero", maximumFractionDigits: 0 }).format(row.change);
  return element("span", { class: row.change < 0 ? "down" : "up" }, `${row.change < 0 ? "▼" : "▲"} ${text}`);
}

function who(line) {
  if (line.traffic_type && line.traffic_type !== "Regular") return line.bot_name ?? line.traffic_type;
  return [line.country, line.device].filter(Boolean).join(" · ") || say("people", "visitor");
}

const share = (row) => figure(row.share, "ratio");
const changes = { title: CHANGE, text: changeCell };
const requests = { title: REQUESTS, ...of("requests") };
// `by`: the dimensions that the row's name is made of and that its page is filtered by.
const TABLES = {
  pages: { title: say("table_pages", "Top pages"), body: "top-pages", page: "traffic", by: ["path"], cells: [requests, changes] },
  products: {
    title: say("table_products", "Top products"), page: "shop", by: ["item_id", "item_category"],
    cells: [{ title: say("figure_item_views", "item views"), ...of("item_views") }, { title: say("figure_cart_adds", "cart adds"), ...of("cart_adds") }, changes],
  },
  funnel: {
    title: say("table_funnel", "Funnel"), page: "shop", by: ["event_name"],
    cells: [{ title: say("figure_visitors", "visitors"), ...of("visitors") }, { title: say("column_of_first", "of the first step"), text: share }, { title: say("figure_events", "events"), ...of("events") }],
  },
  statuses: { title: say("table_status", "Status, last hour"), head: say("status", "status"), body: "status-mix", cells: [requests, { title: SHARE, text: share }] },
  errors: { title: say("table_errors", "Errors"), page: "traffic", by: ["http_status", "path"], cells: [requests] },
  slow_pages: {
    title: say("table_slow_pages", "Slow paths with 10 or more timed requests"), page: "traffic", by: ["path"],
    cells: [{ title: say("figure_duration_p95_ms", "duration p95"), ...of("duration_p95_ms") }, { title: say("figure_timed_requests", "timed requests"), ...of("timed_requests") }],
  },
  sources: { title: say("table_sources", "Sources"), page: "traffic", by: ["channel", "source"], cells: [{ title: say("figure_landings", "landings"), ...of("landings") }] },
  countries: { title: say("table_countries", "Visitors' countries"), page: "traffic", by: ["country"], cells: [requests, { title: say("figure_page_views", "page views"), ...of("page_views") }] },
  bots: { title: say("table_bots", "Bots"), page: "bots", by: ["bot_name", "bot_category"], cells: [requests] },
  lines: {
    title: say("table_lines", "Newest lines (masked)"), head: say("column_request", "request"), kind: "wide", name: (line) => (line.path_template === null ? NAMELESS.path : `${line.method} ${line.path_template}`),
    cells: [{ title: say("column_time", "time (UTC)"), text: (line) => line.event_time }, { title: say("status", "status"), text: (line) => String(line.status) }, { title: say("column_who", "who"), text: who }],
  },
};

function nameCell(table, row, day) {
  if (table.name) return table.name(row);
  const names = table.by ?? ["name"];
  const shown = names.filter((name, at) => at === 0 || row[name] !== null);
  const text = shown.map((name) => (row[name] === null ? NAMELESS[name] ?? NAMELESS.other : String(row[name]))).join(" · ");
  // Of a text that was cut nobody knows what it was.
  if (!table.by || names.some((name) => String(row[name]).endsWith(CUT))) return text;
  const query = new URLSearchParams([["from", day], ["to", day], ...names.map((name) => ["where", `${name}=${row[name] ?? ""}`])]);
  return element("a", { href: `/${table.page}?${query}` }, text);
}

function section(name, { title, head: first, by, body, cells, kind = "half" }) {
  const head = element("tr", {}, element("th", { scope: "col" }, first ?? by.map(dimensionName).join(" · ")), ...cells.map((cell) => element("th", { scope: "col" }, cell.title)));
  const rows = element("tbody", { id: body ?? `table-${name}` });
  return element("section", { class: kind, "data-table": name }, element("h2", {}, title), element("table", {}, element("thead", {}, head), rows));
}

/** Makes the tables, empty, at the end of `place`. */
export function makeTables(place) {
  place.append(...Object.entries(TABLES).map(([name, table]) => section(name, table)));
}

/** Writes a snapshot's rows. */
export function fillTables(live) {
  const day = live.data_as_of.slice(0, 10);
  const every = Object.values(live.status_mix).reduce((sum, n) => sum + n, 0) || 1;
  const statuses = Object.entries(live.status_mix).map(([name, n]) => ({ name, requests: n, share: n / every, kind: `s${name[0]}` }));
  const first = live.funnel[0].visitors;
  const funnel = live.funnel.map((step) => ({ ...step, share: first ? step.visitors / first : null }));
  const given = { ...live.tables, statuses, funnel, lines: live.lines };
  for (const [name, table] of Object.entries(TABLES)) {
    const measure = table.cells[0].of;
    const most = Math.max(...given[name].map((row) => row[measure] ?? 0), 0);
    const rows = given[name].map((row) => {
      const line = element("tr", { class: row.kind ?? "" }, element("th", { scope: "row" }, nameCell(table, row, day)), ...table.cells.map((cell) => element("td", {}, cell.text(row))));
      line.style.setProperty("--part", most ? (row[measure] ?? 0) / most : 0);
      return line;
    });
    const nothing = element("tr", {}, element("td", { colspan: table.cells.length + 1, class: "nothing" }, say("no_rows", "none")));
    document.getElementById(table.body ?? `table-${name}`).replaceChildren(...(rows.length ? rows : [nothing]));
  }
}
