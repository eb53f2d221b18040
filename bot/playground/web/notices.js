// What a phone says by itself: a line that passes, or a box that stays until it is closed.

import { button, make } from "./make.js";

const SHORTEST = 3000;
const PER_CHARACTER = 60; // milliseconds; whoever reads slowly has the time

export class Toasts {
  #timer;

  constructor() {
    this.element = make("p", { className: "toast" });
    this.element.setAttribute("role", "status");
  }

  says(text) {
    clearTimeout(this.#timer);
    this.element.textContent = text;
    this.element.classList.add("up");
    this.#timer = setTimeout(() => this.element.classList.remove("up"), SHORTEST + PER_CHARACTER * text.length);
  }
}

const dialog = () => document.getElementById("dialog");

/** Show a box on somebody's phone, or on the desk. `ways` are further buttons, before the one that closes it. */
export function box(whose, text, ways = [], closes = "OK") {
  const shown = dialog();
  document.getElementById("dialog-whose").textContent = whose;
  document.getElementById("dialog-text").textContent = text;
  const leave = (then) => () => {
    shown.close();
    then?.();
  };
  const buttons = [...ways.map(([label, then]) => button(label, leave(then))), button(closes, leave())];
  document.getElementById("dialog-ways").replaceChildren(...buttons);
  if (!shown.open) shown.showModal();
  buttons[0].focus();
}
