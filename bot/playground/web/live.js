// The live stream: all that the page knows, kept as it is now. Whoever draws is told what changed.

export class Live extends EventTarget {
  scene = {};
  chats = new Map(); // by id: the messages by id, oldest first
  connected = false;
  #off = 0; // milliseconds by which the play is ahead of this browser's clock

  constructor(address) {
    super();
    const source = new EventSource(address);
    source.addEventListener("message", (event) => this.#told(JSON.parse(event.data)));
    source.addEventListener("error", () => this.#connect(false));
    source.addEventListener("open", () => this.#connect(true));
  }

  /** The time of the play. */
  get now() {
    return Date.now() + this.#off;
  }

  messages(chat) {
    return this.chats.get(chat) ?? new Map();
  }

  #connect(connected) {
    this.connected = connected;
    this.dispatchEvent(new CustomEvent("line"));
  }

  #told({ now, anew = false, messages = [], ...scene }) {
    this.#off = now * 1000 - Date.now();
    Object.assign(this.scene, scene);
    if (anew) this.chats.clear();
    for (const message of messages) {
      if (!this.chats.has(message.chat)) this.chats.set(message.chat, new Map());
      const chat = this.chats.get(message.chat);
      if (message.gone) chat.delete(message.id);
      else chat.set(message.id, message);
    }
    this.dispatchEvent(new CustomEvent("news", { detail: { anew, messages, scene } }));
  }
}
