// The page's words in the reader's language. English stands in the pages themselves; others come as a file of their own.
const KEPT = "shoplog.language";
export const LANGUAGES = { en: "English", zh: "简体中文" };
export const LOCALES = { en: "en", zh: "zh-Hans" };

export const language = (() => {
  const kept = localStorage.getItem(KEPT);
  if (kept in LANGUAGES) return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
})();

const words = language === "en" ? {} : await (await fetch(`/static/words.${language}.json`)).json();

/** Returns the words of `key`, in English where this language has none; `{name}` stands for a value. */
export function say(key, english, values = {}) {
  // All at once: a value that looks like a name is a value.
  return (words[key] ?? english).replace(/{(\w+)}/g, (text, name) => values[name] ?? text);
}

export const dimensionName = (name) => say(`dimension_${name}`, name.replaceAll("_", " "));

/** Writes the words of every element that names some, as its text or as its label; it stands in the page in English. */
export function translate(root = document) {
  document.documentElement.lang = LOCALES[language];
  const given = ({ dataset }) => JSON.parse(dataset.values ?? "{}");
  for (const element of root.querySelectorAll("[data-words]")) {
    if (element.dataset.words in words) element.textContent = say(element.dataset.words, "", given(element));
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    if (element.dataset.label in words) element.setAttribute("aria-label", say(element.dataset.label, "", given(element)));
  }
}

export function speak(chosen) {
  localStorage.setItem(KEPT, chosen);
  location.reload();
}
