// Figures as people read them, in their language; what is unknown is a dash, never a zero.
import { LOCALES, language } from "./words.js";

const LOCALE = LOCALES[language];
const whole = new Intl.NumberFormat(LOCALE);
const real = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const share = new Intl.NumberFormat(LOCALE, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1, signDisplay: "exceptZero" });
const BYTES = ["B", "kB", "MB", "GB", "TB", "PB"];

function bytes(n) {
  const step = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(n) || 1) / 3)));
  return `${real.format(n / 1000 ** step)} ${BYTES[step]}`;
}

function money(text, currency) {
  // Money comes as text, so that no reader rounds it: the digits are grouped, not computed.
  const [, sign, units, cents = ""] = /^(-?)(\d+)(\.\d+)?$/.exec(text) ?? [null, "", text, ""];
  return `${sign}${whole.format(BigInt(units))}${cents} ${currency ?? ""}`.trim();
}

/** Returns a value with its unit, as the API names it. */
export function figure(value, unit, currency) {
  if (value === null || value === undefined) return "–";
  if (unit === "ratio") return share.format(value);
  if (unit === "bytes") return bytes(value);
  if (unit === "site currency") return money(String(value), currency);
  if (unit === "ms" || unit === "s") return `${real.format(value)} ${unit}`;
  return Number.isInteger(value) ? whole.format(value) : real.format(value);
}

/** Returns the change beside the other period: of a share in points, of all else in percent; empty where it is unknown. */
export function change({ change: by, change_percent: inPercent }, unit) {
  if (unit === "ratio") return by === null ? "" : `${percent.format(by * 100)} pp`;
  return inPercent === null ? "" : `${percent.format(inPercent)} %`;
}
