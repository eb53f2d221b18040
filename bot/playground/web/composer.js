// Where one writes: a message, an answer, a change of what was said, a command.

import { button, make } from "./make.js";

export class Composer {
  #about = null; // { message, edits }: what is answered, or changed
  #commands = [];
  #at = -1; // which command is pointed at

  constructor(name, place, does) {
    this.does = does;
    this.key = `draft ${place}`;
    const id = place.replaceAll(" ", "-");
    this.field = make("textarea", { rows: 1, dir: "auto", placeholder: "Message", enterKeyHint: "send" });
    this.field.setAttribute("aria-label", name);
    this.field.setAttribute("aria-autocomplete", "list");
    this.field.setAttribute("aria-controls", `${id}-menu`);
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("keydown", (event) => this.#pressed(event));
    this.field.addEventListener("blur", () => this.#offer([]));
    this.menu = make("ul", { className: "menu", id: `${id}-menu`, hidden: true });
    this.menu.setAttribute("role", "listbox");
    this.menu.setAttribute("aria-label", "Commands");
    this.quoted = make("div", { className: "quoted", hidden: true });
    const slash = button("/", () => this.#openMenu(), { className: "slash" });
    slash.setAttribute("aria-label", "Commands");
    const line = make("form", { className: "writing", onsubmit: (event) => this.#submit(event) },
      slash, this.field, make("button", { type: "submit", className: "send" }, "Send"));
    this.start = button("Start", () => this.does.starts(), { className: "start", hidden: true });
    this.line = line;
    this.element = make("div", { className: "composer" }, this.menu, this.quoted, line, this.start);
    this.field.value = sessionStorage.getItem(this.key) ?? "";
    this.#grow();
  }

  /** Whether one writes here, or first has to press Start. */
  opens(started) {
    const had = this.start.contains(document.activeElement);
    this.start.hidden = started;
    this.line.hidden = !started;
    if (started && had) this.field.focus();
  }

  knows(commands) {
    this.commands = commands;
  }

  answers(message, hint = "") {
    this.#turn({ message, edits: false }, `Reply to ${message.name}`, hint);
  }

  changes(message) {
    this.#turn({ message, edits: true }, "Change what you said");
    this.field.value = message.text;
    this.#grow();
  }

  /** What was answered is gone: one writes freely again. */
  forgets(message) {
    if (this.#about?.message.id === message.id && this.#about.message.chat === message.chat) this.#free();
  }

  #turn(about, title, hint = "") {
    this.#about = about;
    this.quoted.hidden = false;
    const leave = button("×", () => this.#leave());
    leave.setAttribute("aria-label", about.edits ? "Leave it as it was" : "Do not reply");
    const said = about.message.text || about.message.media?.kind || "";
    this.quoted.replaceChildren(make("p", {}, make("strong", {}, title), make("span", {}, said)), leave);
    this.field.placeholder = hint || "Message";
    this.field.focus();
  }

  #leave() {
    if (this.#about?.edits) this.field.value = "";
    this.#free();
    this.field.focus();
    this.#typed();
  }

  #free() {
    this.#about = null;
    this.quoted.hidden = true;
    this.field.placeholder = "Message";
  }

  // -- Typing

  #typed() {
    if (!this.#about?.edits) sessionStorage.setItem(this.key, this.field.value);
    this.#grow();
    const begun = /^\/(\w*)$/.exec(this.field.value);
    this.#offer(begun ? this.commands.filter((one) => one.command.startsWith(begun[1].toLowerCase())) : []);
  }

  #grow() {
    this.field.rows = Math.min(6, this.field.value.split("\n").length + Math.floor(this.field.value.length / 60));
  }

  #openMenu() {
    this.field.value = "/";
    this.field.focus();
    this.#typed();
  }

  #offer(commands) {
    this.#commands = commands;
    this.menu.hidden = !commands.length;
    this.menu.replaceChildren(...commands.map((one, place) => this.#option(one, place)));
    this.#point(-1);
  }

  #option({ command, description }, place) {
    const option = make("li", { id: `${this.menu.id}-${place}` }, make("strong", {}, `/${command}`), ` ${description}`);
    option.setAttribute("role", "option");
    option.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    option.addEventListener("click", () => this.#send(`/${command}`));
    return option;
  }

  #point(place) {
    this.#at = place;
    [...this.menu.children].forEach((option, here) => option.setAttribute("aria-selected", String(here === place)));
    const pointed = this.menu.children[place];
    if (pointed) this.field.setAttribute("aria-activedescendant", pointed.id);
    else this.field.removeAttribute("aria-activedescendant");
    pointed?.scrollIntoView({ block: "nearest" });
  }

  #pressed(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const count = this.#commands.length;
    if (count && event.key in steps) {
      this.#point((Math.max(this.#at, steps[event.key] < 0 ? 0 : -1) + steps[event.key] + count) % count);
    } else if (count && this.#at >= 0 && event.key === "Enter") {
      this.#send(`/${this.#commands[this.#at].command}`);
    } else if (event.key === "Escape" && (count || this.#about)) {
      if (count) this.#offer([]);
      else this.#leave();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      this.line.requestSubmit();
    } else {
      return;
    }
    event.preventDefault();
  }

  // -- Sending

  #submit(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (text) this.#send(text);
  }

  async #send(text) {
    const about = this.#about;
    this.field.value = "";
    this.#typed();
    this.#free();
    this.field.focus();
    const sent = await (about?.edits ? this.does.rewords(about.message, text) : this.does.says(text, about?.message));
    if (sent || this.field.value) return;
    this.field.value = text; // it was refused: nothing that was typed is lost
    if (about) this.#turn(about, about.edits ? "Change what you said" : `Reply to ${about.message.name}`);
    this.#typed();
  }
}
