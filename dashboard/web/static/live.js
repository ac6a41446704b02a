// The page: snapshots in, text out. Everything that came from a log is written as text only.
import { draw } from "./chart.js";
import { fillTables, makeTables } from "./live_tables.js";
import { figure } from "./numbers.js";
import { head } from "./shell.js";
import { clock, followLive, write } from "./stale.js";
import { LOCALES, language, say } from "./words.js";

const LOCALE = LOCALES[language];
const DAY_STATUS = { provisional: "provisional", final: "final", final_dirty: "final, late lines wait" };
const NO_LINE = say("no_line", "No line has arrived yet. “shoplog traffic” makes some; your own servers' lines appear here within seconds.");
const NONE_READ = say("none_read", "Lines arrive, but none could be read: “shoplog sql 'select reason, raw from quarantine_access_log_live'” shows why.");
const at = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat(LOCALE);
const rate = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

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
  at("orders").textContent = whole.format(live.today.orders);
  const revenue = live.today.revenue.map(({ value, currency }) => figure(value, "site currency", currency)).join(" + ");
  at("revenue").textContent = revenue || (live.today.orders ? say("no_value", "unknown") : "–");
  at("revenue").title = live.today.orders_without_value ? say("more_without_value", "{count} without a known value", { count: whole.format(live.today.orders_without_value) }) : "";
  at("errors").textContent = figure(live.error_ratio_5m, "ratio");
  at("bots").textContent = rate.format(live.bot_requests_per_s);
  fillTables(live);
  draw(live.series);
}

head(at("head"), say("page_live", "live"));
makeTables(document.querySelector("main"));
followLive(show);
