// Moments as somebody reads them: in their own zone, and in words where that is shorter.

const formats = new Map();

function format(zone, shape) {
  const key = `${zone} ${JSON.stringify(shape)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...shape }));
  return formats.get(key);
}

const A_DAY = 24 * 60 * 60 * 1000;
const DAWN = 4;
const EVENING = 17;

export const hour = (at, zone) => format(zone, { hour: "2-digit", minute: "2-digit" }).format(at);

export const toTheSecond = (at, zone) =>
  format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);

export const day = (at, zone) =>
  format(zone, { weekday: "long", day: "numeric", month: "long" }).format(at).replace(",", "");

const weekday = (at, zone) => format(zone, { weekday: "long" }).format(at);

export const city = (zone) => zone.split("/").pop().replaceAll("_", " ");

/** "tonight 21:00", "tomorrow 08:00", "Sunday 18:00"; a night ends when people sleep, not at midnight. */
export function inWords(at, now, zone) {
  const shown = hour(at, zone);
  const clock = Number(shown.slice(0, 2));
  const today = day(now, zone);
  if (clock < DAWN && day(at - A_DAY / 4, zone) === today) return `tonight ${shown}`;
  if (day(at, zone) === today) return `${clock >= EVENING ? "tonight" : "today"} ${shown}`;
  if (day(at, zone) === day(now + A_DAY, zone)) return `tomorrow ${shown}`;
  const soon = at - now < 7 * A_DAY && weekday(at, zone) !== weekday(now, zone);
  return `${soon ? weekday(at, zone) : day(at, zone)} ${shown}`;
}
