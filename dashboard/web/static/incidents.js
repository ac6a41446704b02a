// The anomalies of a period, the newest first. Everything that came from a log is written as text only.
import { figure } from "./numbers.js";
import { NAMES, element, scrolled } from "./shell.js";
import { say } from "./words.js";

const COLUMNS = [["severity", "severity"], ["window_start", "began (UTC)"], ["site", "site"], ["pattern", "pattern"], ["why", "why"], ["actual", "found"], ["expected", "expected"], ["status", "status"]];

function cell(name, row) {
  if (name === "expected") return `${figure(row.expected, "")} (${figure(row.lower, "")} … ${figure(row.upper, "")})`;
  if (name === "actual") return `${figure(row.actual, "")} ${row.metric.replaceAll("_", " ")}`;
  if (["severity", "pattern", "status"].includes(name)) return say(`${name}_${row[name]}`, row[name].replaceAll("_", " "));
  return row[name] ?? "–";
}

/** Returns the section of the anomalies, the newest of so many. */
export function drawAnomalies(anomalies, inAll) {
  const [shown, all] = [figure(anomalies.length, ""), figure(inAll, "")];
  const count = anomalies.length < inAll ? say("newest_of", "the newest {shown} of {all}", { shown, all }) : all;
  const heading = element("h2", {}, NAMES.anomalies, " ", element("small", {}, count));
  if (!anomalies.length) return element("section", { class: "whole", "data-section": "anomalies" }, heading, element("p", {}, say("no_anomalies", "Nothing out of the ordinary was found.")));
  const head = element("tr", {}, ...COLUMNS.map(([name, english]) => element("th", { scope: "col" }, say(`anomaly_${name}`, english))));
  const rows = anomalies.map((row) => element("tr", { class: row.severity }, ...COLUMNS.map(([name], at) =>
    element(at ? "td" : "th", at ? { class: name } : { scope: "row" }, cell(name, row)))));
  return element("section", { class: "whole", "data-section": "anomalies" }, heading, scrolled(NAMES.anomalies, head, rows, "anomalies"));
}
