// What stays the same while a page is open, asked for once: who looks, and the shops that they may see.
const ask = async (path, otherwise) => {
  try {
    const answer = await fetch(`/api/v1/${path}`);
    return answer.ok ? await answer.json() : otherwise;
  } catch {
    // The page's own question says what is wrong.
    return otherwise;
  }
};
export const user = ask("session", { role: "viewer", sites: [] });
export const sites = ask("sites", { sites: [] }).then((known) => known.sites);
