// For contributors: where the rituals stand, and what the bot calls.

import { diagram } from "./diagram.js";
import { toTheSecond } from "./hours.js";
import { make } from "./make.js";

const MOST = 200; // calls that are shown

export class Drawer {
  #newest = 0;
  #asking = false;
  #ways = null; // of each ritual, as the docs draw them
  #drawn = "";

  constructor(live, element) {
    this.live = live;
    this.states = make("section", { className: "states", tabIndex: 0 });
    this.states.setAttribute("aria-label", "Where the rituals stand");
    this.calls = make("ol", { className: "calls", tabIndex: 0 });
    this.calls.setAttribute("aria-label", "Calls to the Bot API, the newest first");
    this.details = make("details", { ontoggle: () => this.settles() },
      make("summary", {}, "For contributors: where the rituals stand, and the calls to the Bot API"),
      make("div", { className: "inside" }, this.states, this.calls));
    element.append(this.details);
  }

  /** Show what is new, while the drawer is open. */
  async settles() {
    if (!this.details.open || this.#asking) return;
    this.#asking = true;
    try {
      await this.#stand();
      await this.#call();
    } finally {
      this.#asking = false;
    }
  }

  // -- States

  async #stand() {
    this.#ways ??= await (await fetch("/page/diagrams")).json();
    const stands = this.live.scene.stands;
    const drawn = JSON.stringify(stands);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const rituals = [...new Set(stands.map((one) => one.what))];
    this.states.replaceChildren(...rituals.map((what) => this.#ritual(what, stands)));
    if (!rituals.length) this.states.append(make("p", {}, "No ritual is under way."));
  }

  #ritual(what, stands) {
    const states = stands.filter((one) => one.what === what).map((one) => one.state);
    const name = what.replaceAll("_", "-");
    const title = make("p", {}, make("strong", {}, name), `: ${states.join(", ")}`);
    const ways = this.#ways[what];
    return make("div", { className: "ritual" }, title, ways ? diagram(name, ways, states) : null);
  }

  // -- Calls

  async #call() {
    if (this.live.scene.calls === this.#newest) return;
    if (this.live.scene.calls < this.#newest) {
      this.#newest = 0; // the stand-in began anew
      this.calls.replaceChildren();
    }
    const answer = await fetch(`/play/calls?since=${this.#newest}&wait=false`);
    for (const call of (await answer.json()).slice(-MOST)) this.#add(call);
  }

  #add({ n, at, method, params, answer }) {
    this.#newest = n;
    const outcome = answer === null ? "no effect" : answer.ok ? "ok" : `${answer.error_code} ${answer.description}`;
    const head = make("summary", {}, make("time", {}, toTheSecond(Date.parse(at), this.live.scene.clock.zone)),
      make("strong", {}, method), make("span", { className: answer?.ok ? "" : "refused" }, outcome));
    const whole = make("pre", {}, JSON.stringify({ params, answer }, null, 2));
    this.calls.prepend(make("li", {}, make("details", {}, head, whole)));
    while (this.calls.childElementCount > MOST) this.calls.lastElementChild.remove();
  }
}
