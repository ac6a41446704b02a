// A page of figures: the question of the address is put to the API, and put again when new lines were counted.
import { askAnnotations, isWriting } from "./annotations.js";
import { asOf, ask, asked, lastDays, withoutFilter } from "./asked.js";
import { clear } from "./bars.js";
import { extras } from "./extras.js";
import { drawAnomalies } from "./incidents.js";
import { draw } from "./sections.js";
import { sites } from "./known.js";
import { NAMES, element, head } from "./shell.js";
import { followLive, write } from "./stale.js";
import { say } from "./words.js";

const AGAIN_AFTER_MS = 5000;
const page = location.pathname.slice(1);
const isAnomalies = page === "anomalies";
const address = (query) => (isAnomalies ? `/api/v1/anomalies?${query}` : `/api/v1/pages/${page}?${query}`);
const at = (id) => document.getElementById(id);
const form = at("asked");
const WORTH = {
  final: "Final: recomputed and published.",
  final_dirty: "Final: recomputed and published; lines came in since, which the next nightly counts.",
  provisional: "Provisional: counted live, the days are not all closed yet.",
};
let shown = { version: undefined, at: 0 };
let last = null;
let turn = 0;

// Anomalies are not kept as they were known: they are always those of now.
const isOfNow = () => isAnomalies || !asked().has("as_of");

function showMoment(query) {
  const when = asOf(query).replace("T", " ") || query.get("as_of");
  const text = isAnomalies ? say("anomalies_of_now", "Anomalies are not kept as they were known at a moment: these are those of now.") : say("known_at", "As known at {when} UTC: not the newest figures.", { when });
  write(at("then").firstElementChild, text);
  at("then").hidden = !query.has("as_of");
}

function origin({ site, snapshot }) {
  if (snapshot) return say("of_snapshot", "{site}: read of the snapshot of {when} UTC.", { site, when: snapshot.published_at.slice(0, 19).replace("T", " ") });
  return say("of_versions", "{site}: read of the tables as they stood then.", { site });
}

function showQuestion(query) {
  head(at("head"), NAMES[page], query);
  for (const name of ["from", "to"]) form.elements[name].value = query.get(name);
  form.elements.site.value = query.get("site") ?? "";
  form.elements.compare.value = query.get("compare") ?? "";
  form.elements.days.value = "";
  for (const { value } of form.elements.days.options) {
    if (value && lastDays(Number(value)).join() === [query.get("from"), query.get("to")].join()) form.elements.days.value = value;
  }
  form.elements.as_of.value = asOf(query);
  showMoment(query);
  at("csv").href = `/api/v1/pages/${page}.csv?${query}&limit=1000`;
  at("json").href = address(query);
  at("filters").replaceChildren(...query.getAll("where").map((text) => {
    const button = element("button", { type: "button", "aria-label": say("without", "without the filter {filter}", { filter: text }) });
    button.textContent = `${text} ×`;
    button.addEventListener("click", () => ask(withoutFilter(asked(), text)));
    return element("li", {}, button);
  }));
}

function showReport(report) {
  clear();
  const sections = [];
  for (const site of report.sites) {
    if (report.sites.length > 1) sections.push(element("h2", { class: "wide" }, site.site));
    sections.push(...site.sections.map((section) => draw(section, site, report.compared_with !== null)));
  }
  at("figures").replaceChildren(...sections);
  const statuses = [...new Set(report.sites.map(({ status }) => status).filter(Boolean))];
  const then = report.as_of ? report.sites.map(origin) : [];
  write(at("worth"), [...statuses.map((status) => say(`worth_${status}`, WORTH[status] ?? status)), ...then].join(" "));
  at("left-out").replaceChildren(...report.left_out.map(({ section, because, site }) =>
    element("p", {}, `${say("left_out", "left out")}: ${say(`section_${section}`, section)}${site ? ` (${site})` : ""}: ${because}`)));
}

async function show() {
  const query = asked();
  const mine = ++turn;
  shown = { version: last?.version, at: Date.now() };
  showQuestion(query);
  document.body.classList.add("busy");
  let report = null;
  let trouble = "";
  try {
    const [answer] = await Promise.all([fetch(address(query)), askAnnotations(query)]);
    if (answer.status === 401) { location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`); return; }
    const said = await answer.json();
    if (answer.ok) report = said;
    else trouble = typeof said.detail === "string" ? said.detail : say("wrong", "This question cannot be read: check the dates.");
  } catch {
    trouble = say("unreachable", "shoplog does not answer: “shoplog status” shows what runs.");
  }
  // A later question was asked meanwhile: its answer is the one to show.
  if (mine !== turn) return;
  document.body.classList.remove("busy");
  write(at("notice"), trouble);
  if (report && isAnomalies) at("figures").replaceChildren(drawAnomalies(report.anomalies, report.anomalies_in_all));
  else if (report) showReport(report);
  else if (trouble) at("figures").replaceChildren();
  const below = report ? await extras(page, query, show) : [];
  if (mine === turn) at("figures").append(...below);
}

form.addEventListener("change", ({ target }) => {
  // A year is typed digit by digit.
  if (target.name === "as_of" && !target.validity.valid) return;
  const query = asked();
  if (target.name === "days" && target.value) [["from", 0], ["to", 1]].forEach(([name, place]) => query.set(name, lastDays(Number(target.value))[place]));
  else if (target.name !== "days") query.set(target.name, target.value);
  for (const name of ["site", "compare", "as_of"]) if (!query.get(name)) query.delete(name);
  if (query.get("to") < query.get("from")) query.set(target.name === "from" ? "to" : "from", target.value);
  ask(query);
});
at("then").querySelector("button").addEventListener("click", () => {
  const query = asked();
  query.delete("as_of");
  ask(query);
});
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("popstate", show);
addEventListener("theme", () => { if (last) show(); });

followLive((live) => {
  last = live;
  const isToday = asked().get("to") >= live.data_as_of?.slice(0, 10);
  if (isOfNow() && shown.version !== live.version && isToday && Date.now() - shown.at > AGAIN_AFTER_MS && !isWriting()) show();
}, isOfNow);

// Anomalies have neither a period beside them nor dimensions to filter by, and no moment.
if (isAnomalies) for (const hidden of [form.elements.compare.parentElement, form.elements.as_of.parentElement, at("csv"), at("filters")]) hidden.hidden = true;
form.elements.site.append(...(await sites).map(({ site }) => element("option", { value: site }, site)));
show();
