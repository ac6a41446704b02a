// What people wrote of these days: marks on the charts, a list, and for operators a way to write.
import { sites, user } from "./known.js";
import { element } from "./shell.js";
import { clock } from "./stale.js";
import { say } from "./words.js";

const KINDS = { deploy: say("kind_deploy", "deploy"), campaign: say("kind_campaign", "campaign"), incident: say("kind_incident", "incident"), note: say("kind_note", "note") };
let marks = [];

/** Returns the annotations of a site's day (YYYY-MM-DD) or hour (YYYY-MM-DDTHH). */
export const marksOf = (site, when) => marks.filter((one) => one.at.startsWith(when) && (one.site === null || one.site === site));

/** Whether somebody is writing one: the page must not be made anew meanwhile. */
export const isWriting = () => document.querySelector(".writing")?.closest("details").open ?? false;

/** Asks for the annotations of the period, so that charts have them. */
export async function askAnnotations(query) {
  const answer = await fetch(`/api/v1/annotations?${query}`);
  marks = answer.ok ? (await answer.json()).annotations : [];
}

async function send(again, trouble, address, how) {
  const answer = await fetch(address, how);
  if (answer.ok) { again(); return; }
  trouble.textContent = (await answer.json()).detail;
  trouble.hidden = false;
}

function line(one, mayWrite, again, trouble) {
  const text = element("span", {}, element("b", {}, KINDS[one.kind] ?? one.kind), `: ${one.text}`, one.site ? ` (${one.site})` : "", element("small", {}, ` ${one.user}`));
  const item = element("li", {}, element("time", { datetime: one.at }, clock(new Date(one.at))), " ", text);
  if (!mayWrite) return item;
  const button = element("button", { type: "button", "aria-label": say("remove_annotation", "remove {text}", { text: one.text }) }, "×");
  button.addEventListener("click", () => send(again, trouble, `/api/v1/annotations/${one.id}`, { method: "DELETE" }));
  item.append(" ", button);
  return item;
}

function field(key, english, input) {
  return element("label", {}, element("span", {}, say(key, english)), " ", input);
}

function writing(limited, again, trouble) {
  const at = element("input", { type: "datetime-local", name: "at", required: "", value: new Date().toISOString().slice(0, 16) });
  const kind = element("select", { name: "kind" }, ...Object.entries(KINDS).map(([name, text]) => element("option", { value: name }, text)));
  const every = limited.length ? [] : [element("option", { value: "" }, say("all_sites", "all sites"))];
  const site = element("select", { name: "site" }, ...every);
  const text = element("input", { name: "text", required: "", maxlength: "200", size: "40" });
  const form = element("form", { class: "writing", "aria-label": say("write_annotation", "write an annotation") },
    field("annotation_at", "when (UTC)", at), field("annotation_kind", "what", kind), field("site", "Site", site),
    field("annotation_text", "in a sentence", text), element("button", {}, say("write", "Write")));
  sites.then((known) => site.append(...known.map((one) => element("option", { value: one.site }, one.site))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = { at: `${at.value}Z`, kind: kind.value, text: text.value, site: site.value || null };
    send(again, trouble, "/api/v1/annotations", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) });
  });
  return form;
}

/** Returns the section of what was asked for last; `again` shows the page anew once something was written. */
export async function drawAnnotations(again) {
  const { role, sites: limited } = await user;
  const mayWrite = role !== "viewer";
  const trouble = element("p", { class: "notice", role: "alert" });
  trouble.hidden = true;
  const list = element("ul", { class: "annotations" }, ...marks.map((one) => line(one, mayWrite, again, trouble)));
  const content = [marks.length ? list : element("p", {}, say("no_annotations", "nothing is written of these days")), trouble];
  if (mayWrite) content.push(element("details", {}, element("summary", {}, say("write_annotation", "write an annotation")), writing(limited, again, trouble)));
  return element("section", { class: "whole", "data-section": "annotations" }, element("h2", {}, say("annotations", "What happened")), ...content);
}
