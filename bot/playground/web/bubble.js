// One message as a phone shows it.

import { hour } from "./hours.js";
import { button, make } from "./make.js";
import { rich } from "./rich.js";

/** Return the element of a message. `phone` knows who reads; `does` has what can be done with it. */
export function bubble(message, phone, does) {
  if (message.service !== undefined) return make("p", { className: "service" }, message.service);
  const own = message.from === phone.person.id;
  const element = make("article", { className: own ? "message own" : "message", tabIndex: -1 });
  element.setAttribute("aria-label", `${own ? "You" : message.name}, ${hour(message.date * 1000, phone.person.zone)}`);
  element.append(body(message, phone, own, does));
  if (message.rows) element.append(keyboard(message, does));
  element.append(handles(message, own, does));
  return element;
}

function body(message, phone, own, does) {
  const inside = make("div", { className: "bubble" });
  if (!own && phone.where === "room") inside.append(name(message));
  if (message.forwarded) inside.append(make("p", { className: "aside" }, "Forwarded"));
  if (message.via) inside.append(make("p", { className: "aside" }, `via ${message.via}`));
  if (message.topic) inside.append(make("p", { className: "aside" }, `in ${message.topic}`));
  const answered = message.reply_to && phone.find(message.chat, message.reply_to);
  if (answered) inside.append(quote(answered, does));
  if (message.media) inside.append(media(message));
  if (message.text) inside.append(make("div", { className: "text", dir: "auto" }, ...rich(message.text, message.entities ?? [], does)));
  inside.append(foot(message, phone));
  return inside;
}

function name(message) {
  const shown = make("p", { className: "name" }, message.name);
  shown.dataset.hue = message.bot ? "bot" : String(Math.abs(message.from) % 4);
  return shown;
}

function quote(answered, does) {
  const said = answered.text || answered.media?.kind || "";
  const shown = button("", () => does.shows(answered), { className: "quote" });
  shown.append(make("strong", {}, answered.name), make("span", {}, said.slice(0, 80)));
  return shown;
}

function media({ media }) {
  if (!media.source) return make("p", { className: "media" }, media.kind);
  const { source, width, height, kind } = media;
  return make("img", { className: "picture", src: source, width, height, alt: kind });
}

function foot(message, phone) {
  const said = [message.pinned && "pinned", message.edited && "edited"].filter(Boolean);
  const shown = make("p", { className: "foot" });
  if (message.reaction) shown.append(make("span", { className: "reaction" }, message.reaction));
  shown.append([...said, hour(message.date * 1000, phone.person.zone)].join(" "));
  return shown;
}

function keyboard(message, does) {
  const rows = message.rows.map((row) => make("div", { className: "row" }, ...row.map((one) => key(message, one, does))));
  return make("div", { className: "keyboard" }, ...rows);
}

function key(message, { text, url, callback_data: data }, does) {
  if (url) return button(text, () => does.opens(url), { className: "key link" });
  const shown = button(text, tap, { className: "key" });
  async function tap() {
    if (shown.getAttribute("aria-busy")) return;
    shown.setAttribute("aria-busy", "true");
    try {
      await does.taps(message, data);
    } finally {
      shown.removeAttribute("aria-busy");
    }
  }
  return shown;
}

function handles(message, own, does) {
  const shown = make("div", { className: "handles" });
  shown.append(button("Reply", () => does.replies(message), { tabIndex: -1 }));
  if (own && !message.media) shown.append(button("Edit", () => does.edits(message), { tabIndex: -1 }));
  return shown;
}
