// The quality page comes whole and in English: here it gets the other pages' head, and the reader's language and colours.
import { NAMES, head } from "./shell.js";

head(document.getElementById("head"), [NAMES.quality, document.body.dataset.day].filter(Boolean).join(" "));
