// The anomalies of a period, the newest first. Everything that came from a log is written with textContent only.
import { figure } from "./numbers.js";
import { element } from "./shell.js";
import { say } from "./words.js";

const COLUMNS = [["severity", "severity"], ["window_start", "began (UTC)"], ["site", "site"], ["pattern", "pattern"], ["why", "why"], ["actual", "found"], ["expected", "expected"], ["status", "status"]];

function cell(name, row) {
  if (name === "expected") return `${figure(row.expected, "")} (${figure(row.lower, "")} … ${figure(row.upper, "")})`;
  if (name === "actual") return `${figure(row.actual, "")} ${row.metric.replaceAll("_", " ")}`;
  if (["severity", "pattern", "status"].includes(name)) return say(`${name}_${row[name]}`, row[name].replaceAll("_", " "));
  return row[name] ?? "–";
}

/** Returns the section of the anomalies. */
export function drawAnomalies(anomalies) {
  const heading = element("h2", {}, say("page_anomalies", "Anomalies"), " ", element("small", {}, figure(anomalies.length, "")));
  if (!anomalies.length) return element("section", { class: "whole", "data-section": "anomalies" }, heading, element("p", {}, say("no_anomalies", "Nothing out of the ordinary was found.")));
  const head = element("tr", {}, ...COLUMNS.map(([name, english]) => element("th", { scope: "col" }, say(`anomaly_${name}`, english))));
  const body = element("tbody", {}, ...anomalies.map((row) => element("tr", { class: row.severity }, ...COLUMNS.map(([name], at) => {
    const made = element(at ? "td" : "th", at ? { class: name } : { scope: "row" });
    made.textContent = cell(name, row);
    return made;
  }))));
  const region = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("page_anomalies", "Anomalies") }, element("table", { class: "anomalies" }, element("thead", {}, head), body));
  return element("section", { class: "whole", "data-section": "anomalies" }, heading, region);
}
