"use strict";
// Draws the page from the JSON that stands in it. Text of a log becomes text nodes, or passes
// through plain() where Plotly would take it for its own markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const COLOURS = ["#3f7fbf", "#d9622b", "#3d9a57", "#a35cc0", "#c2407e", "#2a9d9d", "#a8862a", "#6a6fd0", "#7f8b98", "#c74440"];
  const DASHES = ["solid", "dash", "dot", "dashdot"];
  const state = { smoothing: 0, log: false, dark: matchMedia("(prefers-color-scheme: dark)").matches, hidden: new Set(), filter: "" };
  const splits = [...new Set(data.charts.flatMap((chart) => chart.traces.map((trace) => trace.split)))];
  splits.sort((a, b) => (b === "train") - (a === "train"));
  const several = data.runs.length > 1;

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }
  const plain = (text) => text.replace(/[&<>%]/g, (char) => `&#${char.charCodeAt(0)};`);
  const grouped = (step) => String(step).replace(/\B(?=(\d{3})+$)/g, ",");
  const number = (value) => value === null ? "–" : value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)
    ? value.toExponential(3) : String(Number(value.toPrecision(4)));
  const colour = (trace) => COLOURS[(several ? trace.run : splits.indexOf(trace.split)) % COLOURS.length];
  const dash = (trace) => several ? DASHES[splits.indexOf(trace.split) % DASHES.length] : "solid";
  const cssDash = (trace) => ({ solid: "solid", dash: "dashed", dot: "dotted", dashdot: "dashed" })[dash(trace)];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // The exponential average that TensorBoard draws; it starts anew where the line is broken.
  function smoothed(values, breaks, weight) {
    let mean = 0, total = 0;
    return values.map((value, place) => {
      if (breaks.has(place)) mean = total = 0;
      if (value === null) return null;
      mean = weight * mean + (1 - weight) * value;
      total = weight * total + (1 - weight);
      return mean / total;
    });
  }

  function line(trace, values, options) {
    const breaks = new Set(trace.breaks), x = [], y = [], text = [];
    values.forEach((value, place) => {
      if (breaks.has(place)) { x.push(x[x.length - 1]); y.push(null); text.push(""); }
      x.push(Number(trace.steps[place])); y.push(value); text.push(grouped(trace.steps[place]));
    });
    const few = trace.values.length <= 60 || alone(values, breaks);
    return {
      type: "scatter", x, y, text, mode: few ? "lines+markers" : "lines", connectgaps: false,
      line: { color: colour(trace), dash: dash(trace), width: 1.7 }, marker: { size: 4, color: colour(trace) },
      name: plain(trace.label), hovertemplate: "%{y:.6~g} at step %{text}", ...options,
    };
  }
  // Without a marker, a point with a break at both sides would not be seen.
  const alone = (values, breaks) => values.some((value, place) => value !== null
    && (place === 0 || values[place - 1] === null || breaks.has(place))
    && (place === values.length - 1 || values[place + 1] === null || breaks.has(place + 1)));

  function nonfinite(trace) {
    const symbols = { NaN: "x", Infinity: "triangle-up", "-Infinity": "triangle-down" };
    const marks = trace.nonfinite;
    return {
      type: "scatter", mode: "markers", yaxis: "y2", showlegend: false, cliponaxis: false,
      x: marks.map(([place]) => Number(trace.steps[place])),
      y: marks.map(([, kind]) => kind === "Infinity" ? 0.97 : 0.03),
      text: marks.map(([place, kind, count]) => `${count > 1 ? grouped(count) + " × " : ""}${kind} ${count > 1 ? "from" : "at"} step ${grouped(trace.steps[place])}`),
      marker: { symbol: marks.map(([, kind]) => symbols[kind]), size: 8, color: colour(trace), line: { width: 1, color: css("--card") } },
      name: plain(trace.label), hovertemplate: "%{text}",
    };
  }

  const shown = (chart) => chart.traces.filter((trace) => !state.hidden.has(trace.run));
  function traces(chart) {
    return shown(chart).flatMap((trace) => {
      const lines = state.smoothing === 0 ? [line(trace, trace.values, {})] : [
        line(trace, trace.values, { opacity: 0.25, hoverinfo: "skip", hovertemplate: null }),
        line(trace, smoothed(trace.values, new Set(trace.breaks), state.smoothing), { hovertemplate: "%{y:.6~g} (smoothed) at step %{text}" }),
      ];
      return trace.nonfinite.length ? [...lines, nonfinite(trace)] : lines;
    });
  }

  function layout(chart) {
    const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zeroline: false, automargin: true, tickfont: { size: 11 } };
    const finite = shown(chart).flatMap((trace) => trace.values.filter((value) => value !== null));
    const yaxis = { ...axis, type: state.log ? "log" : "linear", exponentformat: "power" };
    // Plotly's own range would overflow.
    if (!state.log && finite.some((value) => Math.abs(value) > 1e300)) yaxis.range = [-1.79e308, 1.79e308].map((end) => end / 2);
    return {
      margin: { l: 48, r: 12, t: 8, b: 34 }, showlegend: false, hovermode: "x unified", dragmode: "zoom",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: css("--muted"), size: 12 },
      hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--text"), size: 12 } },
      xaxis: { ...axis, hoverformat: ",d", exponentformat: "none", nticks: 6, title: { text: "step", font: { size: 11 }, standoff: 4 } },
      yaxis, yaxis2: { overlaying: "y", range: [0, 1], fixedrange: true, visible: false },
      uirevision: state.log ? "log" : "linear",
    };
  }

  function draw(card) {
    const { chart, plot, remark } = card;
    const below = shown(chart).reduce((sum, trace) => sum + trace.values.filter((value) => value !== null && value <= 0).length, 0);
    remark.textContent = state.log && below ? `${grouped(below)} of the drawn points are zero or negative: a log scale has no place for them.` : "";
    const config = { responsive: true, displaylogo: false, displayModeBar: false, doubleClick: "reset" };
    Plotly.react(plot, traces(chart), layout(chart), config).then(() => { plot.dataset.drawn = "yes"; });
  }

  function legend(chart) {
    const head = ["", "last", "min", "max", ""].map((text) => element("th", { textContent: text }));
    head[4].className = "optional";
    const rows = shown(chart).map((trace) => {
      const swatch = element("span", { className: "swatch" });
      swatch.style.borderTopColor = colour(trace);
      swatch.style.borderTopStyle = cssDash(trace);
      const places = trace.values.map((value, place) => place).filter((place) => trace.values[place] !== null);
      const least = places.reduce((best, place) => best === null || trace.values[place] < trace.values[best] ? place : best, null);
      const most = places.reduce((best, place) => best === null || trace.values[place] > trace.values[best] ? place : best, null);
      const cell = (place) => place === null ? element("td", { textContent: "–" })
        : element("td", {}, number(trace.values[place]), element("small", { textContent: ` @${grouped(trace.steps[place])}` }));
      const bad = new Map();
      for (const [, kind, count] of trace.nonfinite) bad.set(kind, (bad.get(kind) ?? 0) + count);
      const facts = [...bad].map(([kind, count]) => `${grouped(count)} ${kind}`);
      if (trace.backward) facts.push(`step goes back ${grouped(trace.backward)}×`);
      const last = trace.values.length - 1, end = trace.nonfinite.find(([place]) => place === last);
      const lastCell = trace.values[last] === null
        ? element("td", {}, end ? end[1] : "not finite", element("small", { textContent: ` @${grouped(trace.steps[last])}` })) : cell(last);
      const label = element("td", {}, swatch, trace.label, facts.length ? element("small", { textContent: ` ${facts.join(", ")}` }) : "");
      const points = trace.kept < trace.count ? `${grouped(trace.kept)} of ${grouped(trace.count)}` : grouped(trace.count);
      return element("tr", {}, label, lastCell, cell(least), cell(most), element("td", { className: "optional", title: "points drawn" }, element("small", { textContent: `${points} pts` })));
    });
    return [element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)];
  }

  // header
  const output = element("output", { textContent: "off" });
  const slider = element("input", { type: "range", min: "0", max: "0.99", step: "0.01", value: "0", id: "smoothing", oninput() {
    state.smoothing = Number(this.value);
    output.textContent = state.smoothing ? state.smoothing.toFixed(2) : "off";
    redraw();
  } });
  const log = element("input", { type: "checkbox", id: "log", onchange() { state.log = this.checked; redraw(); } });
  const theme = element("button", { type: "button", id: "theme", onclick() { state.dark = !state.dark; themed(); redraw(); } });
  const filter = element("input", { type: "search", placeholder: "filter metrics", ariaLabel: "filter metrics", oninput() { state.filter = this.value.toLowerCase(); filtered(); } });
  const reset = element("button", { type: "button", textContent: "reset zoom", onclick() { for (const card of cards) if (card.drawn) Plotly.relayout(card.plot, { "xaxis.autorange": true, "yaxis.autorange": true }); } });
  const amount = `${data.charts.length} metric${data.charts.length === 1 ? "" : "s"}`;
  const title = several ? `${data.runs.length} runs` : data.runs[0].name;
  document.title = title;
  document.body.append(element("header", {},
    element("strong", { textContent: title }), element("span", { className: "muted", textContent: amount }), filter,
    element("label", {}, "smoothing", slider, output), element("label", {}, log, "log scale"), reset,
    element("span", { className: "spacer" }), theme));
  function themed() {
    document.documentElement.dataset.theme = state.dark ? "dark" : "light";
    theme.textContent = state.dark ? "light" : "dark";
  }

  // what could not be read, the runs, the charts
  const main = element("main");
  document.body.append(main);
  const problems = data.runs.flatMap((run) => [...run.problems, ...run.notes]);
  if (problems.length) main.append(element("div", { className: "problems" }, "Not everything is shown:",
    element("ul", {}, ...problems.map((text) => element("li", { textContent: text })))));
  if (several) main.append(element("div", { className: "runs" }, ...data.runs.map((run, index) => {
    const box = element("input", { type: "checkbox", checked: true, onchange() { this.checked ? state.hidden.delete(index) : state.hidden.add(index); redraw(); } });
    const swatch = element("span", { className: "swatch" });
    swatch.style.borderTopColor = COLOURS[index % COLOURS.length];
    return element("label", { title: run.path }, box, swatch, run.name, element("span", { className: "muted", textContent: `${grouped(run.rows)} rows` }));
  })));
  const cards = data.charts.map((chart) => {
    const card = { chart, plot: element("div", { className: "plot" }), table: element("table", { className: "legend" }), remark: element("div", { className: "remark" }), drawn: false };
    const expand = element("button", { type: "button", textContent: "wide", onclick() {
      this.textContent = card.box.classList.toggle("wide") ? "narrow" : "wide";
      Plotly.Plots.resize(card.plot);
    } });
    card.box = element("section", { className: "card" }, element("h2", {}, element("span", { textContent: chart.title }), expand), card.plot, card.table, card.remark);
    return card;
  });
  main.append(element("div", { className: "grid" }, ...cards.map((card) => card.box)));
  if (!cards.length) main.append(element("p", { className: "muted", textContent: "No metrics were logged." }));

  // hyperparameters beside each other, artifacts below each other
  const names = [...new Set(data.runs.flatMap((run) => run.hyperparams.map(([key]) => key)))];
  const maps = data.runs.map((run) => new Map(run.hyperparams));
  if (names.length) main.append(element("h3", { textContent: "Hyperparameters" }), element("div", { className: "scroll" }, element("table", { className: "data" },
    element("thead", {}, element("tr", {}, element("th", {}), ...data.runs.map((run) => element("th", { textContent: several ? run.name : "value" })))),
    element("tbody", {}, ...names.map((name) => {
      const values = maps.map((map) => map.get(name));
      return element("tr", { className: new Set(values).size > 1 ? "differs" : "" }, element("td", { textContent: name }), ...values.map((value) => element("td", { textContent: value ?? "–" })));
    })))));
  const artifacts = data.runs.flatMap((run) => run.artifacts.map((artifact) => [...(several ? [run.name] : []), ...artifact]));
  if (artifacts.length) main.append(element("h3", { textContent: "Artifacts" }), element("div", { className: "scroll" }, element("table", { className: "data" },
    element("thead", {}, element("tr", {}, ...[...(several ? ["run"] : []), "name", "kind", "path"].map((text) => element("th", { textContent: text })))),
    element("tbody", {}, ...artifacts.map((cells) => element("tr", {}, ...cells.map((text) => element("td", { textContent: text }))))))));

  // A chart is drawn when it comes into view: fifty at once would keep the reader waiting.
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const card = cards.find((each) => each.box === entry.target);
      if (entry.isIntersecting && !card.drawn) { card.drawn = true; draw(card); }
    }
  }, { rootMargin: "300px" });
  function redraw() {
    for (const card of cards) {
      card.table.replaceChildren(...legend(card.chart));
      if (card.drawn) draw(card);
    }
  }
  function filtered() {
    for (const card of cards) card.box.hidden = !card.chart.title.toLowerCase().includes(state.filter);
  }
  themed();
  redraw();
  for (const card of cards) observer.observe(card.box);
})();
