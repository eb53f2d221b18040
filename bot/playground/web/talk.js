// The messages of one chat on one phone. Only what changed is drawn again.

import { bubble } from "./bubble.js";
import { day } from "./hours.js";
import { button, make } from "./make.js";

const NEAR = 60; // pixels from the end, within which one still reads along

export class Talk {
  #drawn = new Map(); // elements by chat and id
  #parts = new Map(); // the messages of one chat each: a room that has moved shows what it was above
  #unseen = 0;

  constructor(phone, label, does) {
    this.phone = phone;
    this.does = does;
    this.inside = make("div", { className: "inside" });
    this.log = make("div", { className: "talk", tabIndex: 0, onkeydown: (event) => this.#walk(event) }, this.inside);
    this.log.setAttribute("role", "log");
    this.log.setAttribute("aria-label", label);
    this.log.setAttribute("aria-live", "off");
    this.log.addEventListener("scroll", () => this.#atEnd && this.#read());
    this.down = button("", () => this.ends(), { className: "down", hidden: true });
    this.element = make("div", { className: "talking" }, this.log, this.down);
  }

  get #atEnd() {
    return Math.abs(this.log.scrollTop) < NEAR; // the list grows upwards from 0: see phone.css
  }

  /** Show these chats, the last of them the one that is now. */
  shows(chats) {
    const shown = chats.join();
    if (this.shown === shown) return;
    this.shown = shown;
    this.#drawn.clear();
    this.#parts = new Map(chats.map((chat) => [chat, make("div", { className: "part" })]));
    this.inside.replaceChildren(...this.#parts.values());
    for (const chat of chats) this.draws([...this.phone.live.messages(chat).values()]);
    this.ends();
  }

  /** Draw everything anew. */
  again(chats) {
    this.shown = undefined;
    this.shows(chats);
  }

  /** Draw what changed; return how many messages are new here. */
  draws(messages) {
    const followed = this.#atEnd;
    let fresh = 0;
    for (const message of messages) if (this.#parts.has(message.chat)) fresh += this.#draw(message);
    if (!followed) this.#miss(fresh);
    return fresh;
  }

  #draw(message) {
    const key = `${message.chat}/${message.id}`;
    const before = this.#drawn.get(key);
    if (message.gone) {
      before?.remove();
      this.#drawn.delete(key);
      return 0;
    }
    const element = bubble(message, this.phone, this.does);
    element.message = message;
    this.#drawn.set(key, element);
    if (before) return this.#replace(before, element);
    const part = this.#parts.get(message.chat);
    const last = part.lastElementChild?.message;
    const today = day(message.date * 1000, this.phone.person.zone);
    if (!last || day(last.date * 1000, this.phone.person.zone) !== today) {
      const line = make("p", { className: "day" }, today);
      line.message = message;
      part.append(line);
    }
    part.append(element);
    return 1;
  }

  #replace(before, element) {
    const place = [...before.querySelectorAll("button")].indexOf(document.activeElement);
    const held = before.contains(document.activeElement);
    before.replaceWith(element);
    if (held) (element.querySelectorAll("button")[place] ?? element).focus({ preventScroll: true });
    return 0;
  }

  /** Go to the end. */
  ends() {
    this.log.scrollTop = 0;
    this.#read();
  }

  /** Bring one message into sight. */
  leadsTo(message) {
    const element = this.#drawn.get(`${message.chat}/${message.id}`);
    element?.scrollIntoView({ block: "center" });
    element?.focus({ preventScroll: true });
  }

  #miss(count) {
    this.#unseen += count;
    if (!this.#unseen) return;
    this.down.hidden = false;
    this.down.textContent = this.#unseen === 1 ? "1 new message" : `${this.#unseen} new messages`;
  }

  #read() {
    this.#unseen = 0;
    this.down.hidden = true;
  }

  #walk(event) {
    const steps = { ArrowUp: -1, ArrowDown: 1 };
    const messages = [...this.inside.querySelectorAll("article")];
    const here = event.target.closest("article");
    if (event.key in steps && messages.length) {
      const next = here ? messages.indexOf(here) + steps[event.key] : messages.length - 1;
      messages[Math.max(0, Math.min(messages.length - 1, next))].focus();
      event.preventDefault();
    } else if (here === event.target && here && ["Enter", "r"].includes(event.key)) {
      this.does.replies(here.message);
      event.preventDefault();
    } else if (here === event.target && here?.matches(".own") && event.key === "e") {
      this.does.edits(here.message);
      event.preventDefault();
    }
  }
}
