// What a page must say when its figures are no longer those of now.
import { say } from "./words.js";

const STALE_AFTER_S = 30;
const LOST_AFTER_MS = 12000;

export const clock = (date) => `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** Returns the sentence, empty while all is well: `last` snapshot, when it was heard, ms of silence since. */
export function staleness(last, heardAt, silentMs) {
  if (silentMs > LOST_AFTER_MS) {
    return say("lost", "No connection to shoplog since {when}: these figures are old. Trying again; “shoplog status” shows what runs.", { when: clock(heardAt) });
  }
  if (last && last.stale_s !== null && last.stale_s + silentMs / 1000 > STALE_AFTER_S) {
    return say("stale", "No new figures since {when}: is the stream running? Try “shoplog status”.", { when: clock(new Date(last.visible_at * 1000)) });
  }
  return "";
}

/** Writes a sentence where it changed: screen readers read an alert again each time it is written. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}
