// What every page has: the way to the others with what is asked for, language, and light or dark.
import { LANGUAGES, LOCALES, language, say, speak, translate } from "./words.js";

const PAGES = [["/", "live", "Live"], ["/shop", "shop", "Shop"], ["/traffic", "traffic", "Traffic"], ["/bots", "bots", "Bots"], ["/anomalies", "anomalies", "Anomalies"], ["/quality/", "quality", "Quality"]];
export const NAMES = Object.fromEntries(PAGES.map(([, key, english]) => [key, say(`page_${key}`, english)]));
const KEPT = "shoplog.theme";
const THEMES = ["auto", "light", "dark"];

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Returns a table that scrolls by itself where it is wider than its place. */
export function scrolled(label, head, rows, kind = "") {
  const table = element("table", { class: kind }, element("thead", {}, head), element("tbody", {}, ...rows));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
}

function wear(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function themeButton() {
  let theme = THEMES.includes(localStorage.getItem(KEPT)) ? localStorage.getItem(KEPT) : "auto";
  const name = () => say(`theme_${theme}`, { auto: "auto", light: "light", dark: "dark" }[theme]);
  const button = element("button", { type: "button", id: "theme" });
  const show = () => { button.textContent = `◐ ${name()}`; button.setAttribute("aria-label", say("theme_is", "colours: {theme}", { theme: name() })); };
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    localStorage.setItem(KEPT, theme);
    wear(theme);
    show();
    // Charts have their colours from the page.
    dispatchEvent(new Event("theme"));
  });
  wear(theme);
  show();
  return button;
}

function languageButton() {
  const other = Object.keys(LANGUAGES).find((one) => one !== language);
  const button = element("button", { type: "button", id: "language", lang: LOCALES[other] }, LANGUAGES[other]);
  button.addEventListener("click", () => speak(other));
  return button;
}

function logoutButton() {
  const button = element("button", { type: "button", id: "logout" }, say("log_out", "Log out"));
  button.addEventListener("click", async () => {
    await fetch("/api/v1/session", { method: "DELETE" });
    location.assign("/login");
  });
  return button;
}

/** Fills the head with the title, the pages and the switches; `query` goes along to pages of figures. */
export function head(place, title, query = "") {
  const links = PAGES.map(([url, key]) => {
    const link = element("a", { href: ["/", "/quality/"].includes(url) || !query ? url : `${url}?${query}` }, NAMES[key]);
    if (url === location.pathname) link.setAttribute("aria-current", "page");
    else if (url !== "/" && url.endsWith("/") && location.pathname.startsWith(url)) link.setAttribute("aria-current", "true");
    return element("li", {}, link);
  });
  const heading = element("h1", {}, "shoplog ", element("small", {}, title));
  place.replaceChildren(
    heading, element("nav", { "aria-label": say("pages", "pages") }, element("ul", {}, ...links)),
    element("div", { class: "switches" }, languageButton(), themeButton(), logoutButton()),
  );
  document.title = `shoplog ${title}`;
  translate();
}
