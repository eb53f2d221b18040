// The time machine: what time it is for the couple, what is next, and what may go wrong on the way.

import { moves, post } from "./act.js";
import { city, day, inWords, toTheSecond } from "./hours.js";
import { button, make } from "./make.js";
import { box } from "./notices.js";

const JUMPS = [
  ["To the next event", null],
  ["+10 min", { by: "PT10M" }],
  ["+1 h", { by: "PT1H" }],
  ["Tomorrow 08:00", { to: "tomorrow 08:00" }],
  ["Sunday 17:55", { to: "Sunday 17:55" }],
];
const TELEGRAM = {
  fine: ["as it should be", []],
  slow: ["slow", [["fault", { kind: "slow", retry_after: 1, for: "P1D" }]]],
  busy: ["too busy (429)", [["fault", { kind: "429", retry_after: 30, for: "PT10M" }]]],
  gone: ["down", [["network", { gone: true }]]],
};
const MOST_AHEAD = 3;
const PACES = [["900", "in a minute"], ["0", "at once"]];

export class Machine {
  constructor(live, element) {
    this.live = live;
    this.now = make("p", { className: "now" });
    this.where = make("p", { className: "where" });
    this.next = make("ul", { className: "next" });
    this.next.setAttribute("aria-label", "What is next");
    this.jumps = JUMPS.map(([label, time]) => button(label, () => this.#jump(time)));
    this.said = make("p", { className: "said" });
    this.said.setAttribute("role", "status");
    element.append(
      this.now, this.where, this.next, make("div", { className: "jumps" }, ...this.jumps), this.said,
      ...this.#scripts(), ...this.#telegram(), ...this.#bot(),
    );
  }

  ticks() {
    const { clock } = this.live.scene;
    this.now.textContent = `${day(this.live.now, clock.zone)}, ${toTheSecond(this.live.now, clock.zone)}`;
    this.where.textContent = `${city(clock.zone)}, the couple's time`;
    const upcoming = this.#upcoming();
    if (this.shown === upcoming.join()) return;
    this.shown = upcoming.join();
    this.next.replaceChildren(...upcoming.map((one) => make("li", {}, one)));
  }

  /** "tonight 21:00, check-in": what the bot tells of its rituals, or at least when it has something to do. */
  #upcoming() {
    const { clock, bot, ahead } = this.live.scene;
    if (!bot.up) return ["Nobody knows what is next: the bot is down."];
    const when = (at) => inWords(Date.parse(at), this.live.now, clock.zone);
    const named = ahead.map(({ at, what }) => `${when(at)}, ${what.replaceAll("_", "-")}`);
    if (named.length) return [...new Set(named)].slice(0, MOST_AHEAD);
    return [clock.next ? `Next: ${when(clock.next)}` : "Nothing is planned."];
  }

  settles() {
    const { bot, telegram, playing } = this.live.scene;
    this.ticks();
    this.state.textContent = bot.verdict;
    this.kill.disabled = !bot.up;
    this.begin.disabled = bot.up;
    for (const choice of this.choices) choice.checked = choice.value === telegram;
    const on = Boolean(playing) && !playing.ended;
    this.play.textContent = on ? "Stop" : "Play";
    this.progress.hidden = !on;
    if (playing) {
      this.progress.max = playing.of;
      this.progress.value = playing.step;
      this.tale.textContent = [playing.tells, playing.ended].filter(Boolean).join(" ");
      this.does.textContent = on ? playing.does : "";
    }
    this.#offer();
  }

  // -- Time

  /** The next event is that of a ritual; else whatever the bot does next, be it that it only takes a breath. */
  #nearest() {
    const next = this.live.scene.ahead.find(({ at }) => Date.parse(at) > this.live.now);
    return { to: next?.at ?? "next" };
  }

  async #jump(time) {
    for (const jump of this.jumps) jump.setAttribute("aria-disabled", "true");
    if (this.passing) return;
    this.passing = true;
    this.said.textContent = "Time passes ...";
    try {
      await moves(time ?? this.#nearest());
      this.said.textContent = "";
    } catch (error) {
      this.said.textContent = error.message;
    } finally {
      this.passing = false;
      for (const jump of this.jumps) jump.removeAttribute("aria-disabled");
    }
  }

  async #tries(...posts) {
    try {
      for (const [path, body] of posts) await post(path, body);
    } catch (error) {
      box("Time machine", error.message);
    }
  }

  // -- Scripts

  #scripts() {
    this.script = make("select", { id: "script" });
    this.pace = make("select", { id: "pace" }, ...PACES.map(([value, label]) => make("option", { value }, label)));
    this.play = button("Play", () => this.#play(), { className: "play" });
    this.progress = make("progress", { hidden: true });
    this.progress.setAttribute("aria-label", "How far the script is");
    this.tale = make("p", { className: "tale" });
    this.tale.setAttribute("role", "status");
    this.does = make("p", { className: "does" });
    return [
      make("h3", {}, "Watch"),
      make("div", { className: "watch" }, make("label", { htmlFor: "script" }, "Script"), this.script,
        make("label", { htmlFor: "pace" }, "Pace"), this.pace, this.play),
      this.progress, this.tale, this.does,
    ];
  }

  #offer() {
    const offered = this.live.scene.scripts.map((one) => one.name).join();
    if (this.offered === offered) return;
    this.offered = offered;
    this.script.replaceChildren(...this.live.scene.scripts.map(({ name, title }) => make("option", { value: name }, title)));
  }

  #play() {
    const { playing } = this.live.scene;
    if (playing && !playing.ended) return this.#tries(["script", { stop: true }]);
    return this.#tries(["script", { name: this.script.value, pause: Number(this.pace.value) }]);
  }

  // -- Trouble

  #telegram() {
    this.choices = Object.keys(TELEGRAM).map((value) =>
      make("input", { type: "radio", name: "telegram", value, onchange: () => this.#weather(value) }));
    const labels = this.choices.map((choice) => make("label", {}, choice, TELEGRAM[choice.value][0]));
    return [make("fieldset", {}, make("legend", {}, "Telegram is"), ...labels)];
  }

  #weather(value) {
    return this.#tries(["fault", { mend: true }], ...TELEGRAM[value][1]);
  }

  #bot() {
    this.state = make("p", { className: "state" });
    this.state.setAttribute("role", "status");
    this.kill = button("Kill it", () => this.#tries(["bot", { do: "kill" }]));
    this.begin = button("Start it again", () => this.#tries(["bot", { do: "start", wait: false }]));
    return [make("h3", {}, "The bot"), this.state, make("div", { className: "jumps" }, this.kill, this.begin)];
  }
}
