// The page: what the reader has chosen, the controls, and the charts in groups.

const text = document.getElementById("data").textContent;
if (sentToParent(text)) return;

const view = { smoothing: 0.05, scale: "auto", hidden: new Set(), filter: "", sort: null, allColumns: false };
const cards = new Map();
let data = null;

function redraw(card) {
  describe(card, view);
  if (card.inView) drawPlot(card, view);
}

function redrawAll() {
  for (const card of cards.values()) { fillLegend(card, view); redraw(card); }
}

// controls
const SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
const smoothing = element("select", { id: "smoothing", title: "The line is the mean of the values around each step, in a window that covers this share of the steps (on a log scale the geometric mean). The pale line is what was logged. Curves without noise are drawn as logged.",
  onchange() { view.smoothing = Number(this.value); redrawAll(); } },
  ...SHARES.map((share) => element("option", { value: String(share), selected: share === view.smoothing, textContent: share ? `mean of ${share * 100}% of the steps` : "off" })));
const scale = element("select", { id: "scale", title: "Automatic: log if all values of a metric are positive, the largest is at least ten times the smallest, and half of them would be in the lowest tenth of a linear scale.",
  onchange() {
    view.scale = this.value;
    for (const card of cards.values()) { card.scale = null; card.zoom = card.zoom && { x: card.zoom.x }; }
    redrawAll();
  } }, ...["auto", "linear", "log"].map((name) => element("option", { value: name, textContent: name === "auto" ? "automatic" : name })));
const filter = element("input", { type: "search", id: "filter", placeholder: "loss, val, layer…", oninput() { view.filter = this.value.toLowerCase(); filterCards(); fillRuns(); } });
const reset = element("button", { type: "button", textContent: "reset zoom", onclick() { for (const card of cards.values()) card.zoom = null; redrawAll(); } });
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = element("button", { type: "button", id: "theme", onclick() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
} });
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
const nameTheme = () => { theme.textContent = isDark() ? "light colours" : "dark colours"; };
dark.addEventListener("change", nameTheme);
nameTheme();
const live = element("input", { type: "checkbox", checked: true });
const liveLabel = element("label", { hidden: true }, live, "live");
const updated = element("span", { className: "muted" });
const heading = element("h1"), amount = element("span", { className: "muted" });
const keys = element("p", { className: "muted keys" }, element("span", { id: "splits" }),
  "Drag over a chart to zoom, double-click to go back. Keys in a chart: ←, → read the values, + and − zoom, 0 shows everything.");
const parts = { problems: element("div"), runs: element("section", { "aria-label": "runs" }), charts: element("div", { id: "charts" }), rest: element("div") };
document.body.append(
  element("a", { className: "skip", href: "#charts", textContent: "to the charts" }),
  element("header", {}, heading, amount, element("label", {}, "filter", filter), element("label", {}, "smoothing", smoothing),
    element("label", {}, "scale", scale), reset, liveLabel, updated, element("span", { className: "spacer" }), theme),
  element("main", {}, parts.problems, parts.runs, keys, parts.charts, parts.rest),
  element("div", { id: "announcement", className: "unseen", role: "status" }));

function fillRuns() {
  if (data.runs.length < 2) return;
  const scroll = parts.runs.querySelector(".scroll"), place = [scroll?.scrollLeft ?? 0, scroll?.scrollTop ?? 0];
  const title = element("h2", { textContent: "Runs" });
  const everything = element("button", { type: "button", id: "everything", textContent: view.hidden.size ? "show all" : "hide all", onclick() {
    const shown = view.hidden.size ? [] : data.runs.map((_, run) => run);
    view.hidden = new Set(shown);
    fillRuns(); redrawAll();
    document.getElementById("everything").focus();
  } });
  const [table, more] = runTable(data, [...cards.values()], view, () => { fillRuns(); redrawAll(); });
  parts.runs.replaceChildren(element("div", { className: "head" }, title, everything, ...(more ? [more] : [])), table);
  table.scrollTo(...place);
}

// A chart is drawn when it comes near the view, and again when its width changes.
const NEAR = 400; // pixels
const byPlot = new Map();
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const card = byPlot.get(target);
    if (isIntersecting && !card.inView) { card.inView = true; redraw(card); }
  }
}, { rootMargin: `${NEAR}px` });
// The observer first reports with a frame, which may come late or never, as when a page is converted or printed.
function findNearCards() {
  for (const card of cards.values()) {
    const { width, top, bottom } = card.plot.getBoundingClientRect();
    if (width && bottom > -NEAR && top < innerHeight + NEAR) card.inView = true;
  }
}
const resized = new ResizeObserver((entries) => { for (const { target } of entries) redraw(byPlot.get(target)); });

function fillCards() {
  const { splits } = data, several = data.runs.length > 1;
  const titles = new Set(data.charts.map((chart) => chart.title));
  for (const title of [...cards.keys()].filter((each) => !titles.has(each))) cards.delete(title);
  for (const chart of data.charts) {
    let card = cards.get(chart.title);
    if (!card) {
      card = newCard(chart.title, view, redraw);
      cards.set(chart.title, card);
      byPlot.set(card.plot, card);
      seen.observe(card.plot);
      resized.observe(card.plot);
    }
    card.chart = chart;
    card.traces = chart.traces.map((raw) => decoded(raw, splits, several));
  }
  document.getElementById("splits").replaceChildren(...(several ? splits : []).flatMap((split, order) => [
    swatch({ colour: "currentColor", dash: DASHES[order % DASHES.length] }), ` ${split || "no split"} `]));
}

// Metrics of one prefix are a group that can be folded.
function groupCards() {
  const groups = new Map();
  for (const { title } of data.charts) {
    const prefix = title.indexOf("/") > 0 ? title.slice(0, title.indexOf("/")) : "";
    groups.set(prefix, [...(groups.get(prefix) ?? []), title]);
  }
  const old = new Map([...parts.charts.querySelectorAll("details.group")].map((group) => [group.dataset.prefix, group]));
  const focused = document.activeElement;
  parts.charts.replaceChildren(...[...groups].map(([prefix, titles]) => {
    const group = old.get(prefix) ?? element("details", { className: "group", open: true },
      element("summary", {}, element("h2", { textContent: prefix || "Metrics" }), element("span", { className: "muted" })), element("div", { className: "grid" }));
    group.dataset.prefix = prefix;
    const grid = group.querySelector(".grid"), wanted = titles.map((title) => cards.get(title).box);
    if (wanted.length !== grid.children.length || wanted.some((box, place) => box !== grid.children[place])) grid.replaceChildren(...wanted);
    return group;
  }));
  if (!groups.size) parts.charts.append(element("p", { className: "muted", textContent: "No metrics were logged." }));
  if (focused !== document.activeElement && document.contains(focused)) focused.focus({ preventScroll: true });
  filterCards();
}

function filterCards() {
  let shown = 0;
  for (const group of parts.charts.querySelectorAll("details.group")) {
    const boxes = [...group.querySelectorAll(".card")];
    for (const box of boxes) box.hidden = !box.getAttribute("aria-label").toLowerCase().includes(view.filter);
    const count = boxes.filter((box) => !box.hidden).length;
    group.hidden = !count;
    group.querySelector("summary .muted").textContent = counted(count, "metric");
    shown += count;
  }
  amount.textContent = shown < cards.size ? `${shown} of ${counted(cards.size, "metric")}` : counted(cards.size, "metric");
}

// Fill in the data, at first or newer data; what the reader has chosen stays.
function update(newData) {
  data = newData;
  const title = data.runs.length > 1 ? counted(data.runs.length, "run") : data.runs[0]?.name ?? "no runs";
  document.title = heading.textContent = title;
  liveLabel.hidden = !data.live;
  updated.textContent = data.written ? `${data.live ? "data of" : "finished at"} ${data.written}` : "";
  const { scrollX, scrollY } = window;
  parts.problems.replaceChildren(...problemList(data));
  fillCards();
  groupCards();
  fillRuns();
  parts.rest.replaceChildren(...hyperparamTable(data), ...artifactTable(data));
  findNearCards();
  redrawAll();
  window.scrollTo(scrollX, scrollY);
}

update(JSON.parse(text));
if (data.live) follow(text, data.live, () => live.checked, update);
