// Logs in by name and password, or by the link's secret, which stands behind # and so in no server's log.
import { say, translate } from "./words.js";

const form = document.getElementById("login");
const notice = document.getElementById("notice");

function next() {
  const asked = new URLSearchParams(location.search).get("next") ?? "/";
  // Only a page of this server, as the browser reads it: it drops tabs, and takes "//elsewhere" for another's.
  const url = URL.canParse(asked, location.origin) ? new URL(asked, location.origin) : null;
  return url?.origin === location.origin ? url.href : "/";
}

async function logIn(given) {
  let trouble = say("unreachable", "shoplog does not answer: “shoplog status” shows what runs.");
  try {
    const answer = await fetch("/api/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) });
    if (answer.ok) { location.replace(next()); return; }
    trouble = (await answer.json()).detail;
    if (answer.status === 401) trouble = given.link ? say("link_used", "This link was used or is too old.") : say("login_wrong", "Name or password is wrong.");
  } catch { /* said below */ }
  notice.textContent = trouble;
  notice.hidden = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  logIn({ name: form.elements.name.value, password: form.elements.password.value });
});
translate();
if (location.hash.length > 1) {
  const link = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  logIn({ link });
}
