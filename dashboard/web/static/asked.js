// What is asked for stands in the page's address: period, site, comparison, filters. A link is the whole question.
const DAY_MS = 86400000;
const DEFAULT_DAYS = 7;
export const dayText = (ms) => new Date(ms).toISOString().slice(0, 10);

/** Returns the question of the address; without a period it is the last week, today included (UTC). */
export function asked() {
  const query = new URLSearchParams(location.search);
  const today = Date.now();
  if (!query.get("from")) {
    query.set("from", dayText(today - (DEFAULT_DAYS - 1) * DAY_MS));
    query.set("to", dayText(today));
  }
  if (!query.get("to")) query.set("to", query.get("from"));
  return query;
}

/** Returns the first and last day of that many days up to today. */
export function lastDays(days) {
  return [dayText(Date.now() - (days - 1) * DAY_MS), dayText(Date.now())];
}

/** Returns the moment whose knowledge is asked for, as the form has it (UTC, to the second); empty where that is now or no moment. */
export function asOf(query) {
  const text = query.get("as_of") ?? "";
  const moment = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString().slice(0, 19);
}

export function ask(query) {
  history.pushState(null, "", `?${query}`);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** Returns the question with one filter more; the same once more changes nothing. */
export function withFilter(query, dimension, value) {
  const next = new URLSearchParams(query);
  const text = `${dimension}=${value ?? ""}`;
  if (!next.getAll("where").includes(text)) next.append("where", text);
  return next;
}

export function withoutFilter(query, text) {
  const next = new URLSearchParams(query);
  const left = next.getAll("where").filter((one) => one !== text);
  next.delete("where");
  for (const one of left) next.append("where", one);
  return next;
}
