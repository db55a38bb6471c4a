// A card per metric: its chart, and a table with the landmarks of each curve.

const MOST_UNFOLDED = 6;

function newCard(title, view, redraw) {
  const card = { title, zoom: null, scale: null, cursor: null, inView: false, svg: null };
  card.tip = element("div", { className: "tip", hidden: true, "aria-hidden": "true" });
  card.plot = element("div", { className: "plot", tabIndex: 0, role: "group", "aria-roledescription": "chart" }, card.tip);
  card.legend = element("div");
  card.remark = element("p", { className: "remark" });
  card.log = element("button", { type: "button", textContent: "log", "aria-label": `log scale of ${title}`, onclick() {
    card.scale = usesLog(card, view) ? "linear" : "log";
    card.zoom = card.zoom && { x: card.zoom.x };
    redraw(card);
  } });
  card.widen = element("button", { type: "button", textContent: "wide", "aria-label": `wide chart of ${title}`, "aria-pressed": "false", onclick() {
    card.widen.setAttribute("aria-pressed", String(card.box.classList.toggle("wide")));
  } });
  card.box = element("section", { className: "card", "aria-label": title },
    element("div", { className: "head" }, element("h3", { textContent: title }), card.log, card.widen),
    card.plot, card.legend, card.remark);
  listen(card, view, redraw);
  return card;
}

function describe(card, view) {
  card.log.setAttribute("aria-pressed", String(usesLog(card, view)));
  const count = visibleTraces(card, view).length;
  card.plot.setAttribute("aria-label", `${card.title}: ${counted(count, "curve")}, ${usesLog(card, view) ? "log" : "linear"} scale. `
    + "Arrow keys read the values, plus and minus zoom, zero shows everything.");
}

// Many curves are folded away: the table of runs tells their colours, and the chart their values.
function fillLegend(card, view) {
  const traces = visibleTraces(card, view);
  const table = () => element("div", { className: "scroll" }, legendTable(card.title, traces));
  if (traces.length <= MOST_UNFOLDED) { card.legend.replaceChildren(table()); return; }
  const open = card.legend.querySelector("details")?.open ?? false;
  const details = element("details", { open }, element("summary", { textContent: `values of ${traces.length} curves` }));
  if (open) details.append(table());
  details.addEventListener("toggle", () => { if (details.open && !details.querySelector("table")) details.append(table()); });
  card.legend.replaceChildren(details);
}

function legendTable(title, traces) {
  const heads = ["curve", "last", "min", "max"].map((text) => element("th", { scope: "col", textContent: text }));
  return element("table", { className: "legend" }, element("caption", { className: "unseen", textContent: `curves of ${title}` }),
    element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...traces.map(legendRow)));
}

function legendRow(trace) {
  const { last, low, high } = landmarks(trace);
  const cell = (place) => place < 0 ? element("td", { textContent: "–" })
    : element("td", { title: `at step ${trace.stepText(place)}` }, trace.valueText(place), element("small", { className: "step", textContent: ` @${trace.stepText(place)}` }));
  const split = trace.label.endsWith(` · ${trace.split}`) ? ` · ${trace.split}` : "";
  const name = element("div", { className: "name", title: `${trace.label}: ${drawnPoints(trace)}` }, swatch(trace),
    element("span", { className: "run", textContent: trace.label.slice(0, trace.label.length - split.length) }), element("span", { textContent: split }));
  const facts = factsOf(trace);
  return element("tr", {}, element("th", { scope: "row" }, name, facts ? element("small", { className: "facts", textContent: facts }) : null), cell(last), cell(low), cell(high));
}

const drawnPoints = (trace) => trace.kept < trace.count ? `${grouped(trace.kept)} of ${counted(trace.count, "point")} are drawn` : counted(trace.count, "point");

function factsOf(trace) {
  const counts = new Map();
  for (const { kind, count } of trace.nonfinite.values()) counts.set(kind, (counts.get(kind) ?? 0) + count);
  const facts = [...counts].map(([kind, count]) => `${grouped(count)} ${kind}`);
  if (trace.backward) facts.push(`step goes back ${grouped(trace.backward)}×`);
  return facts.join(", ");
}
