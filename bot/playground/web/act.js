// What people here can do, posted to the stand-in. A refusal is an Error with its sentence.

export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(`/play/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The stand-in does not answer.");
  }
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

const LISTENS = 10; // seconds in which the answer to a tap is waited for

export const says = (who, where, text, replyTo) =>
  post("say", { who, where, text, wait: false, reply_to: replyTo?.id ?? null, old: replyTo?.old ?? false });

export const edits = (who, where, message, text) => post("edit", { who, where, message: message.id, text, wait: false });

export const taps = (who, where, message, data) =>
  post("tap", { who, where, message: message.id, old: message.old, data, wait: false, listen: LISTENS });

export const moves = (time) => post("clock", time);
