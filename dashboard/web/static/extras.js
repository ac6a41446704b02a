// What stands below a page's sections: hours of the week, people who came back, and what happened on these days.
import { drawAnnotations } from "./annotations.js";
import { grid } from "./grid.js";
import { figure } from "./numbers.js";
import { element } from "./shell.js";
import { LOCALES, language, say } from "./words.js";

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7].map((day) => new Intl.DateTimeFormat(LOCALES[language], { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, day)));
const WEEK = say("hours_of_week", "Page views of an hour, on average");

function section(name, title, note, ...content) {
  return element("section", { class: "whole", "data-section": name }, element("h2", {}, title, " ", element("small", {}, note)), ...content);
}

function week({ sites, left_out: leftOut }) {
  const why = (site) => leftOut.filter((one) => one.site === null || one.site === site).map(({ because }) => because).join("; ");
  return sites.map(({ site, time_zone: zone, hours }) => {
    const title = sites.length > 1 ? `${WEEK}: ${site}` : WEEK;
    if (why(site)) return section("hours_of_week", title, "", element("p", {}, why(site)));
    const at = new Map(hours.map((hour) => [`${hour.weekday} ${hour.hour}`, hour]));
    const rows = WEEKDAYS.map((name, day) => ({
      name,
      cells: Array.from({ length: 24 }, (_, hour) => {
        const one = at.get(`${day + 1} ${hour}`);
        return { value: one?.page_views ?? null, text: one ? figure(one.page_views, "") : "", title: one && `${name} ${hour}:00, ${say("figure_requests", "requests")} ${figure(one.requests, "")}` };
      }),
    }));
    return section("hours_of_week", title, zone, grid(title, say("weekday", "weekday"), Array.from({ length: 24 }, (_, hour) => String(hour)), rows));
  });
}

function cohortRows(rows, columns) {
  const firsts = [...new Set(rows.map(({ first }) => first))];
  return firsts.map((first) => {
    const known = new Map(rows.filter((row) => row.first === first).map(({ since, logins }) => [since, logins]));
    const all = known.get(0);
    const cells = columns.map((since) => {
      const logins = known.get(since);
      return { value: logins === undefined ? null : logins / all, text: logins === undefined ? "" : since ? figure(logins / all, "ratio") : figure(logins, ""), title: logins === undefined ? "" : figure(logins, "") };
    });
    return { name: first, cells };
  });
}

const cohortTitle = (unit) => (unit === "day" ? say("cohorts_day", "Who came back: logins by their first day") : say("cohorts_week", "Who came back: logins by their first week"));

function cohorts({ unit, cohorts: found }) {
  const title = cohortTitle(unit);
  if (!found.length) return [section("cohorts", title, "", element("p", {}, say("no_logins", "No login is known of these days: visitors are known by day alone, and these servers log no user names, or the days are not published yet.")))];
  const sites = [...new Set(found.map(({ site }) => site))];
  return sites.map((site) => {
    const rows = found.filter((row) => row.site === site);
    const columns = Array.from({ length: Math.max(...rows.map(({ since }) => since)) + 1 }, (_, since) => since);
    const head = columns.map((since) => (since ? `+${since}` : say("cohort_new", "new")));
    return section("cohorts", sites.length > 1 ? `${title}: ${site}` : title, "", grid(title, say(`unit_${unit}`, unit), head, cohortRows(rows, columns)));
  });
}

const unknown = (because) => section("cohorts", cohortTitle("week"), "", element("p", {}, because));

/** Asks the API and draws its answer; what it refuses is said in its sentence. */
async function asked(name, title, path, query, draw) {
  const answer = await fetch(`/api/v1/${path}?${query}`);
  const said = await answer.json();
  return answer.ok ? draw(said) : [section(name, title, "", element("p", {}, said.detail))];
}

function own(page, query) {
  if (page === "traffic") return asked("hours_of_week", WEEK, "hours-of-week", query, week);
  if (page !== "shop") return [];
  if (query.has("as_of")) return [unknown(say("not_of_then", "not kept as it was known at a moment"))];
  if (query.has("where")) return [unknown(say("logins_no_filter", "logins are not kept by what is filtered"))];
  return asked("cohorts", cohortTitle("week"), "cohorts", query, cohorts);
}

/** Returns the sections below a page's own; `again` shows the page anew. */
export async function extras(page, query, again) {
  const [sections, notes] = await Promise.all([own(page, query), drawAnnotations(again)]);
  return [...sections, notes];
}
