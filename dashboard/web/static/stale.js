// What a page must say when its figures are no longer those of now.
import { follow } from "./feed.js";
import { say } from "./words.js";

const STALE_AFTER_S = 30;
const LOST_AFTER_MS = 12000;

export const clock = (date) => `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** Returns the sentence, empty while all is well: `last` snapshot, when it was heard, ms of silence since. */
function staleness(last, heardAt, silentMs) {
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

/** Calls `onSnapshot` with each live snapshot, and says on the page when there are none or old ones, while it is to show those of now. */
export function followLive(onSnapshot, isOfNow = () => true) {
  let last = null;
  let heardAt = new Date();

  function tick(silentMs) {
    const text = isOfNow() ? staleness(last, heardAt, silentMs) : "";
    write(document.getElementById("stale"), text);
    document.body.classList.toggle("old", text !== "");
  }

  follow("/api/v1/live/events", (live) => {
    last = live;
    heardAt = new Date();
    tick(0);
    onSnapshot(live);
  }, tick);
}
