// The states of a ritual as a picture: from where it begins on the left to where it is over on the right.

const NS = "http://www.w3.org/2000/svg";
const BEYOND = "[*]"; // before it began, and after it is over
const WIDTH = 118;
const HEIGHT = 30;
const GAP_X = 62;
const GAP_Y = 22;

function draw(tag, given, ...inside) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

/** Return the picture of these ways, with the states marked in which somebody is now. */
export function diagram(name, ways, standing) {
  const places = laidOut(ways);
  const width = Math.max(...[...places.values()].map((place) => place.x)) + WIDTH + 8;
  const height = Math.max(...[...places.values()].map((place) => place.y)) + HEIGHT + 26;
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", class: "diagram" });
  const now = standing.length ? `, now: ${standing.join(", ")}` : "";
  picture.setAttribute("aria-label", `The states of ${name}${now}. ${ways.map(inWords).join(". ")}`);
  const tip = draw("path", { d: "M 0 0 L 7 3.5 L 0 7 z", class: "tip" });
  picture.append(draw("marker", { id: "tip", refX: 7, refY: 3.5, markerWidth: 8, markerHeight: 8, orient: "auto" }, tip));
  for (const way of ways) picture.append(line(way, places));
  for (const [state, place] of places) picture.append(...node(state, place, standing.includes(state)));
  return picture;
}

const inWords = ({ start, end, by }) =>
  `${start === BEYOND ? "It begins" : start} to ${end === BEYOND ? "the end" : end}: ${by}`;

/** Columns by how many steps lead there at least; the end stands last. */
function laidOut(ways) {
  const columns = new Map([[BEYOND, 0]]);
  let reached = [BEYOND];
  while (reached.length) {
    const column = columns.get(reached[0]) + 1;
    reached = [...new Set(ways.filter((way) => reached.includes(way.start)).map((way) => way.end))]
      .filter((state) => !columns.has(state) && state !== BEYOND);
    for (const state of reached) columns.set(state, column);
  }
  const taken = new Map();
  const places = new Map();
  for (const [state, column] of columns) {
    const row = taken.get(column) ?? 0;
    taken.set(column, row + 1);
    places.set(state, { x: 4 + (column && 24 + (column - 1) * (WIDTH + GAP_X) + GAP_X / 2), y: 8 + row * (HEIGHT + GAP_Y) });
  }
  const last = Math.max(...columns.values());
  places.set("end", { x: 28 + last * (WIDTH + GAP_X), y: 8 });
  return places;
}

function node(state, { x, y }, now) {
  if (state === BEYOND || state === "end") {
    const round = { cx: x + 10, cy: y + HEIGHT / 2, r: 7 };
    return [draw("circle", { ...round, class: state === "end" ? "over" : "begin" })];
  }
  const box = draw("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 9, class: now ? "state now" : "state" });
  const label = draw("text", { x: x + WIDTH / 2, y: y + HEIGHT / 2 + 4.5, class: now ? "now" : "" }, state);
  return [box, label];
}

function line({ start, end, by }, places) {
  const from = places.get(start);
  const to = places.get(end === BEYOND ? "end" : end);
  const [x1, y1] = [from.x + (start === BEYOND ? 17 : WIDTH), from.y + HEIGHT / 2];
  const [x2, y2] = [to.x + (end === BEYOND ? 3 : 0), to.y + HEIGHT / 2];
  const d = x2 > x1 ? bow(x1, y1, x2, y2, GAP_X / 2, -GAP_X / 2) : from.x === to.x ? bow(x1, y1, x1, y2, 28, 28) : below(from, to);
  return draw("path", { d, class: "way", "marker-end": "url(#tip)" }, draw("title", {}, inWords({ start, end, by })));
}

const bow = (x1, y1, x2, y2, out, into) => `M ${x1} ${y1} C ${x1 + out} ${y1}, ${x2 + into} ${y2}, ${x2} ${y2}`;

/** A way back to the left, below the states. */
function below(from, to) {
  const [x1, y1, x2, y2] = [from.x + WIDTH / 2, from.y + HEIGHT, to.x + WIDTH / 2 + 14, to.y + HEIGHT];
  return `M ${x1} ${y1} C ${x1} ${y1 + 26}, ${x2} ${y2 + 26}, ${x2} ${y2}`;
}
