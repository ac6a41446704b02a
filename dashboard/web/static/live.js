// The page: snapshots in, text out. Everything that came from a log is written as text only.
import { draw } from "./chart.js";
import { element, head } from "./shell.js";
import { clock, followLive, write } from "./stale.js";
import { LOCALES, language, say } from "./words.js";

const LOCALE = LOCALES[language];
const DAY_STATUS = { provisional: "provisional", final: "final", final_dirty: "final, late lines wait" };
const NO_LINE = say("no_line", "No line has arrived yet. “shoplog traffic” makes some; your own servers' lines appear here within seconds.");
const NONE_READ = say("none_read", "Lines arrive, but none could be read: “shoplog sql 'select reason, raw from quarantine_access_log_live'” shows why.");
const at = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat(LOCALE);
const share = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 1 });
const rate = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Fills a table's body; `part` of 1 is the bar behind the row. */
function fill(body, rows) {
  body.replaceChildren(...rows.map(({ name, kind = "", cells, part }) => {
    const head = element("th", { scope: "row" }, name ?? say("no_request_line", "no request line"));
    const row = element("tr", { class: kind }, head, ...cells.map((text) => element("td", {}, text)));
    row.style.setProperty("--part", part);
    return row;
  }));
}

function show(live) {
  const quarantined = live.totals ? live.totals.quarantined : 0;
  write(at("notice"), live.has_lines ? "" : quarantined ? NONE_READ : NO_LINE);
  document.body.classList.toggle("empty", !live.has_lines);
  for (const fate of ["accepted", "quarantined", "duplicates"]) at(fate).textContent = whole.format(live.totals ? live.totals[fate] : 0);
  at("quarantined").classList.toggle("warn", quarantined > 0);
  for (const id of ["day-status", "replay"]) at(id).hidden = true;
  if (!live.has_lines) return;
  const asOf = new Date(live.data_as_of);
  at("as-of").textContent = clock(asOf);
  at("as-of").dateTime = live.data_as_of;
  at("day-status").textContent = say(`status_${live.status}`, DAY_STATUS[live.status]);
  at("day-status").className = `label ${live.status}`;
  at("day-status").hidden = false;
  at("replay").hidden = !live.replay;
  at("rate").textContent = rate.format(live.requests_per_s);
  at("visitors").textContent = whole.format(live.visitors_5m);
  at("open-sessions").textContent = whole.format(live.open_sessions);
  const mix = Object.entries(live.status_mix);
  const all = mix.reduce((sum, [, n]) => sum + n, 0) || 1;
  fill(at("status-mix"), mix.map(([name, n]) => (
    { name, kind: `s${name[0]}`, cells: [whole.format(n), share.format(n / all)], part: n / all })));
  const most = live.top_pages.length ? live.top_pages[0][1] : 1;
  fill(at("top-pages"), live.top_pages.map(([name, n]) => ({ name, cells: [whole.format(n)], part: n / most })));
  draw(live.series);
}

head(at("head"), say("page_live", "live"));
followLive(show);
