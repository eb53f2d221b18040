// Telegram's entities, as elements: places in a plain text, counted in UTF-16 units as JavaScript does.

import { button, make } from "./make.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", date_time: "span", text_mention: "span", mention: "span",
};
const HOSTS = /^(https?:\/\/|tg:\/\/|t\.me\/)/i;

/** Return the nodes of a text. `does` has what a tap on a command or a link leads to. */
export function rich(text, entities, does) {
  return between(text, 0, text.length, [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length), does);
}

function between(text, start, end, entities, does) {
  const nodes = [];
  let at = start;
  while (entities.length) {
    const [entity, ...rest] = entities;
    const stop = Math.min(entity.offset + entity.length, end);
    const within = rest.filter((one) => one.offset < stop);
    entities = rest.filter((one) => one.offset >= stop);
    if (entity.offset < at || stop <= entity.offset) continue;
    if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
    const said = text.slice(entity.offset, stop);
    nodes.push(shown(entity, said, between(text, entity.offset, stop, within, does), does));
    at = stop;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function shown(entity, said, inside, does) {
  if (entity.type === "spoiler") return spoiler(inside);
  if (entity.type === "bot_command") return button(said, () => does.says(said), { className: "inline" });
  const leads = { text_link: entity.url, url: said }[entity.type];
  if (leads && HOSTS.test(leads)) return button(said, () => does.opens(leads), { className: "inline" });
  return make(TAGS[entity.type] ?? "span", {}, ...inside);
}

function spoiler(inside) {
  const veiled = make("span", {}, ...inside);
  veiled.setAttribute("aria-hidden", "true");
  const veil = button("", reveal, { className: "spoiler" });
  veil.setAttribute("aria-label", "Hidden words. Show them");
  veil.append(veiled);
  function reveal() {
    const open = make("span", { className: "spoiler shown", tabIndex: -1 }, ...veiled.childNodes);
    veil.replaceWith(open);
    open.focus();
  }
  return veil;
}
