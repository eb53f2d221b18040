// The page: phones, time machine and drawer on one live stream.

import { Drawer } from "./drawer.js";
import { Live } from "./live.js";
import { Machine } from "./machine.js";
import { button, make } from "./make.js";
import { Phone } from "./phone.js";

const A_SECOND = 1000;
const MACHINE = "machine";
const place = (id) => document.getElementById(id);

const live = new Live("/page/live");
const phones = new Map(); // by who
let machine = null;
let drawer = null;
let followed = null; // the step of a script to which the phones have turned
let answered = null; // the one whose answer was shown

live.addEventListener("line", () => (place("line").hidden = live.connected));
live.addEventListener("news", ({ detail: { anew, messages, scene } }) => {
  if (!machine) opens();
  if ("people" in scene || "bot" in scene) for (const phone of phones.values()) phone.settles();
  if (anew || messages.length) for (const phone of phones.values()) phone.draws(messages, anew);
  if ("people" in scene) offers();
  machine.settles();
  drawer.settles();
  if ("playing" in scene) tells(scene.playing);
});

function opens() {
  machine = new Machine(live, place(MACHINE));
  drawer = new Drawer(live, place("drawer"));
  for (const who of chosen()) picksUp(who);
  phones.values().next().value.isHeard();
  looksAt(sessionStorage.getItem("view") ?? chosen()[0]);
  setInterval(() => [machine, ...phones.values()].forEach((one) => one.ticks()), A_SECOND);
}

// -- Which phones

function chosen() {
  const kept = (localStorage.getItem("phones") ?? "").split(" ");
  const there = live.scene.people.map((one) => one.who).filter((who) => kept.includes(who));
  return there.length ? there : ["ann", "ben"];
}

function picksUp(who) {
  const phone = new Phone(live, who);
  phones.set(who, phone);
  const order = live.scene.people.map((one) => one.who);
  const after = order.slice(order.indexOf(who) + 1).find((one) => phones.has(one));
  place("phones").insertBefore(phone.element, after ? phones.get(after).element : null);
}

function putsAway(who) {
  phones.get(who).element.remove();
  phones.delete(who);
}

/** Offer everybody's phone: on a wide screen each can lie beside the others, on a narrow one it is looked at. */
function offers() {
  const looking = document.body.dataset.view;
  const all = live.scene.people.map(({ who, name }) => {
    const one = button(name, () => turns(who));
    one.dataset.view = who;
    return one;
  });
  const time = button("Time", () => looksAt(MACHINE), { className: "time" });
  time.dataset.view = MACHINE;
  const held = document.activeElement?.closest("#views") && document.activeElement.dataset.view;
  place("views").replaceChildren(make("span", { className: "hint" }, "Phones"), ...all, time);
  looksAt(looking ?? chosen()[0]);
  if (held) place("views").querySelector(`[data-view=${held}]`)?.focus();
}

function turns(who) {
  const narrow = matchMedia("(max-width: 900px)").matches;
  if (!phones.has(who)) picksUp(who);
  else if (!narrow && phones.size > 1) putsAway(who);
  localStorage.setItem("phones", [...phones.keys()].join(" "));
  looksAt(phones.has(who) ? who : [...phones.keys()][0]);
}

function looksAt(view) {
  const shown = view === MACHINE || phones.has(view) ? view : [...phones.keys()][0];
  document.body.dataset.view = shown;
  sessionStorage.setItem("view", shown);
  for (const [who, phone] of phones) phone.element.classList.toggle("looked-at", who === shown);
  place(MACHINE).classList.toggle("looked-at", shown === MACHINE);
  for (const one of place("views").querySelectorAll("button")) {
    one.setAttribute("aria-pressed", String(phones.has(one.dataset.view)));
    if (one.dataset.view === shown) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
}

// -- A script that is played

function tells(playing) {
  const phone = playing && !playing.ended && phones.get(playing.who);
  if (!phone) return;
  if (playing.step !== followed) phone.turnsTo(playing.where);
  followed = playing.step;
  if (playing.answer && playing.step !== answered) phone.toasts.says(playing.answer);
  answered = playing.answer ? playing.step : answered;
}

// -- Colours

const theme = place("theme");
theme.value = localStorage.getItem("theme") ?? "";
theme.addEventListener("change", wears);
function wears() {
  localStorage.setItem("theme", theme.value);
  document.documentElement.dataset.theme = theme.value;
}
wears();
