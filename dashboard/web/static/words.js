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
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key] ?? english);
}

/** Writes the words of every element that names some. */
export function translate(root = document) {
  document.documentElement.lang = LOCALES[language];
  for (const element of root.querySelectorAll("[data-words]")) element.textContent = say(element.dataset.words, element.textContent);
}

export function speak(chosen) {
  localStorage.setItem(KEPT, chosen);
  location.reload();
}
