// One person's phone: the room, the private chat, and what is done with them.

import { edits, post, says, taps } from "./act.js";
import { Composer } from "./composer.js";
import { city, hour } from "./hours.js";
import { button, make } from "./make.js";
import { box, Toasts } from "./notices.js";
import { Talk } from "./talk.js";

const NOT_FIRST = "A bot cannot write first. Start opens this chat.";
const PLACES = ["room", "private"];

export class Phone {
  #payload = ""; // what the link that led to the private chat carries

  constructor(live, who) {
    this.live = live;
    this.who = who;
    this.toasts = new Toasts();
    this.name = make("h2");
    this.clock = make("p", { className: "clock" });
    this.tabs = make("div", { className: "tabs" });
    this.tabs.setAttribute("role", "tablist");
    this.chats = Object.fromEntries(PLACES.map((where) => [where, this.#chat(where)]));
    this.tabs.append(...PLACES.map((where) => this.chats[where].tab));
    const panels = PLACES.map((where) => this.chats[where].panel);
    this.element = make("section", { className: "phone", id: `phone-${who}` },
      make("header", {}, this.name, this.clock), this.tabs, ...panels, this.toasts.element);
    this.element.addEventListener("focusin", () => this.isHeard());
    this.tabs.addEventListener("keydown", (event) => this.#turns(event));
    this.settles();
    this.where = "room";
    this.turnsTo(localStorage.getItem(`tab ${who}`) ?? "room");
    for (const where of PLACES) this.chats[where].talk.shows(this.#ids(where));
    this.#answersWhatAsked();
  }

  get person() {
    return this.live.scene.people.find((one) => one.who === this.who);
  }

  find(chat, id) {
    return this.live.messages(chat).get(id);
  }

  #ids(where) {
    return this.person[where]?.chats ?? [];
  }

  #chat(where) {
    const id = `${this.who}-${where}`;
    const does = this.#hands(where);
    const seenBy = { live: this.live, where, find: (...message) => this.find(...message) };
    Object.defineProperty(seenBy, "person", { get: () => this.person });
    const talk = new Talk(seenBy, `${this.person.name}, ${this.#title(where)}`, does);
    const composer = new Composer(`${this.person.name} writes to ${this.#title(where)}`, id, does);
    const notice = make("div", { className: "notice", hidden: true });
    const panel = make("div", { className: "panel", id: `${id}-panel` }, notice, talk.element, composer.element);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `${id}-tab`);
    const badge = make("span", { className: "badge", hidden: true });
    const title = make("span");
    const tab = make("button", { type: "button", id: `${id}-tab`, onclick: () => this.turnsTo(where) }, title, badge);
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    return { talk, composer, notice, panel, tab, title, badge, unread: 0 };
  }

  #title(where) {
    return where === "room" ? (this.person.room?.title ?? "no room") : this.live.scene.bot.name;
  }

  // -- What is shown

  /** Draw what is no message: names, titles, whether one may write. */
  settles() {
    const { name, zone } = this.person;
    this.element.setAttribute("aria-label", `${name}'s phone`);
    this.name.textContent = name;
    this.ticks();
    this.clock.title = zone;
    for (const where of PLACES) {
      const { title, composer, talk } = this.chats[where];
      title.textContent = this.#title(where);
      composer.knows(this.person[where]?.commands ?? []);
      talk.shows(this.#ids(where));
    }
    const { started, about } = this.person.private;
    this.chats.private.composer.opens(started && !this.#payload);
    this.#notes("private", started || this.live.messages(this.person.id).size ? "" : about || NOT_FIRST);
    this.#settlesInRoom();
  }

  #settlesInRoom() {
    const { name, room } = this.person;
    const inside = Boolean(room?.chats.length);
    this.chats.room.composer.line.hidden = !inside;
    if (!room || (inside && room.has_bot)) this.#notes("room", "");
    else if (inside) {
      this.#notes("room", `${this.live.scene.bot.name} is not in ${room.title}.`, `Add ${this.live.scene.bot.name}`, () =>
        this.#tries(post("room", { who: this.who, bot: "joins", wait: false })));
    } else {
      this.#notes("room", `${name} is not in ${room.title}.`, `Let ${name} in`, () =>
        this.#tries(post("member", { who: this.who, joins: true, wait: false })));
    }
  }

  #notes(where, text, label = "", does = null) {
    const { notice } = this.chats[where];
    const shown = `${text} ${label}`;
    if (notice.dataset.shown === shown) return;
    notice.dataset.shown = shown;
    notice.hidden = !text;
    notice.replaceChildren(make("p", {}, text), ...(label ? [button(label, does)] : []));
  }

  ticks() {
    this.clock.textContent = `${city(this.person.zone)} ${hour(this.live.now, this.person.zone)}`;
  }

  /** Draw the messages that changed, or all of them anew. */
  draws(messages, anew) {
    for (const where of PLACES) {
      const chat = this.chats[where];
      if (anew) {
        chat.talk.again(this.#ids(where));
        continue;
      }
      const fresh = chat.talk.draws(messages);
      if (where !== this.where) this.#counts(where, chat.unread + fresh);
      for (const one of messages) if (one.gone) chat.composer.forgets(one);
    }
    this.#answersWhatAsked();
  }

  #counts(where, unread) {
    const chat = this.chats[where];
    chat.unread = unread;
    chat.badge.hidden = !unread;
    chat.badge.textContent = unread ? String(unread) : "";
    chat.badge.setAttribute("aria-label", `${unread} unread`);
  }

  turnsTo(where) {
    this.where = where;
    localStorage.setItem(`tab ${this.who}`, where);
    for (const place of PLACES) {
      const here = place === where;
      this.chats[place].tab.setAttribute("aria-selected", String(here));
      this.chats[place].tab.tabIndex = here ? 0 : -1;
      this.chats[place].panel.hidden = !here;
    }
    this.#counts(where, 0);
  }

  #turns(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    this.turnsTo(this.where === "room" ? "private" : "room");
    this.chats[this.where].tab.focus();
  }

  /** Only the phone in use is read out by a screen reader, or each message would be read twice. */
  isHeard() {
    for (const log of document.querySelectorAll("[role=log]")) {
      log.setAttribute("aria-live", this.element.contains(log) ? "polite" : "off");
    }
  }

  /** A message that asks for an answer begins the reply by itself, as long as it is the last one. */
  #answersWhatAsked() {
    for (const where of PLACES) {
      const chat = this.#ids(where).at(-1);
      const last = [...this.live.messages(chat).values()].at(-1);
      if (!last?.asks || last === this.chats[where].asked || last.from === this.person.id) continue;
      const { only, hint } = last.asks;
      const toMine = last.reply_to && this.find(chat, last.reply_to)?.from === this.person.id;
      if (only && !only.includes(this.person.id) && !toMine) continue;
      this.chats[where].asked = last;
      this.chats[where].composer.answers(last, hint);
    }
  }

  // -- What is done

  #hands(where) {
    return {
      says: (text, about) => this.#tries(says(this.who, where, text, about && this.#named(where, about))),
      rewords: (message, text) => this.#tries(edits(this.who, where, message, text)),
      taps: (message, data) => this.#tap(where, message, data),
      opens: (address) => this.#open(address),
      replies: (message) => this.chats[where].composer.answers(message),
      edits: (message) => this.chats[where].composer.changes(message),
      shows: (message) => this.chats[where].talk.leadsTo(message),
      starts: () => this.#start(),
    };
  }

  /** A message as the stand-in knows it: ids stand twice, above and below a move. */
  #named(where, message) {
    return { id: message.id, old: message.chat !== this.#ids(where).at(-1) };
  }

  async #tries(act) {
    try {
      return await act;
    } catch (error) {
      this.toasts.says(error.message);
      return null;
    }
  }

  async #tap(where, message, data) {
    const answer = await this.#tries(taps(this.who, where, this.#named(where, message), data));
    if (answer?.url) this.#open(answer.url);
    else if (answer?.dialog && answer.alert) this.#boxes(answer.alert);
    else if (answer?.alert) this.toasts.says(answer.alert);
  }

  #boxes(...said) {
    box(`${this.person.name}'s phone`, ...said);
  }

  async #start() {
    const payload = this.#payload;
    this.#payload = "";
    await this.#tries(says(this.who, "private", payload ? `/start ${payload}` : "/start"));
    this.settles();
    this.chats.private.composer.field.focus();
  }

  #open(address) {
    const link = new URL(address.replace(/^t\.me/i, "https://t.me"));
    const { username, name } = this.live.scene.bot;
    const ours = link.hostname === "t.me" && link.pathname === `/${username}`;
    if (ours && link.searchParams.has("startgroup")) this.#offersRoom(name);
    else if (ours) {
      this.#payload = link.searchParams.get("start") ?? "";
      this.turnsTo("private");
      this.settles();
      const { composer } = this.chats.private;
      (composer.start.hidden ? composer.field : composer.start).focus();
    } else {
      this.#boxes(`Open ${address}?`, [["Open", () => window.open(address, "_blank", "noopener,noreferrer")]], "Stay here");
    }
  }

  #offersRoom(name) {
    const { room } = this.person;
    if (!room || room.has_bot) this.#boxes(`${name} is in ${room?.title ?? "a room"} already.`);
    else this.#boxes(`Add ${name} to ${room.title}?`, [["Add", () => this.#tries(post("room", { who: this.who, wait: false }))]], "Not now");
  }
}
