// Draws a card's curves as SVG. Colours are CSS variables, so that the theme needs no redrawing.

const MARGIN = { top: 8, right: 14, bottom: 34 };
const FEW_POINTS = 60; // each gets a dot
const MANY_CURVES = 12; // with thin lines and without dots they can be told apart
const EDGE = 5; // a mark at the first or last step is drawn whole
let clips = 0;

function visibleTraces(card, view) {
  const shown = card.traces.filter((trace) => !view.hidden.has(trace.run));
  return shown.sort((a, b) => a.order - b.order); // validation is drawn last, on top
}

const usesLog = (card, view) => {
  const scale = card.scale ?? view.scale;
  return scale === "auto" ? card.chart.scale === "log" : scale === "log";
};

function drawPlot(card, view) {
  const traces = visibleTraces(card, view), log = usesLog(card, view);
  const width = card.plot.clientWidth, height = card.plot.clientHeight;
  if (!width) return;
  card.x = card.zoom?.x ? axis(...card.zoom.x, false) : stepAxis(traces);
  card.y = card.zoom?.y ? axis(...card.zoom.y, log) : axisOf(valuesWithin(traces, card.x), log);
  const yTicks = ticks(card.y, Math.max(2, Math.floor(height / 36)));
  const labels = yTicks.map((value) => tickText(value, yTicks));
  const left = 16 + 6.6 * Math.max(2, ...labels.map((text) => text.length));
  card.area = { left, top: MARGIN.top, width: Math.max(20, width - left - MARGIN.right), height: height - MARGIN.top - MARGIN.bottom };
  const many = traces.length > MANY_CURVES;
  const svg = drawing("svg", { width, height, class: many ? "many" : "", "aria-hidden": "true" });
  const clip = `clip${clips++}`;
  const { area } = card;
  svg.append(drawing("clipPath", { id: clip }, drawing("rect", { x: area.left - EDGE, y: area.top - EDGE, width: area.width + 2 * EDGE, height: area.height + 2 * EDGE })));
  drawAxes(svg, card, yTicks, labels);
  // All pale lines are below all others.
  const drawn = traces.map((trace) => drawTrace(card, trace, view.smoothing, log, many));
  for (const layer of [0, 1]) svg.append(drawing("g", { "clip-path": `url(#${clip})` }, ...drawn.map((layers) => layers[layer])));
  card.svg?.remove();
  card.plot.prepend(svg);
  card.svg = svg;
  card.plot.dataset.scale = log ? "log" : "linear";
  card.plot.dataset.drawn = "yes";
  card.remark.textContent = remarkOf(traces, log);
}

function stepAxis(traces) {
  let low = Infinity, high = -Infinity;
  for (const { x } of traces) for (const step of x) { low = Math.min(low, step); high = Math.max(high, step); }
  if (low > high) return axis(0, 1, false);
  return low === high ? axis(low - Math.max(1, Math.abs(low) * 1e-9), high + Math.max(1, Math.abs(high) * 1e-9), false) : axis(low, high, false);
}

function* valuesWithin(traces, x) {
  for (const trace of traces) {
    for (let place = 0; place < trace.y.length; place++) {
      if (trace.x[place] >= x.low && trace.x[place] <= x.high) yield trace.y[place];
    }
  }
}

const across = (card, step) => card.area.left + card.x.share(step) * card.area.width;
const up = (card, value) => card.area.top + (1 - card.y.share(value)) * card.area.height;
const pixel = (value) => Math.round(Math.max(-1e6, Math.min(1e6, value)) * 10) / 10;

function drawAxes(svg, card, yTicks, labels) {
  const { left, top, width, height } = card.area, bottom = top + height;
  const grid = drawing("g", { class: "rules" }), text = drawing("g", { class: "ticks" });
  yTicks.forEach((value, place) => {
    const y = pixel(up(card, value));
    if (y < top - 1 || y > bottom + 1) return;
    grid.append(drawing("path", { d: `M${left} ${y}h${width}` }));
    text.append(drawing("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, labels[place]));
  });
  const xTicks = ticks(card.x, Math.max(2, Math.floor(width / 80)), 1);
  for (const step of xTicks) {
    const x = pixel(across(card, step));
    if (x < left - 1 || x > left + width + 1) continue;
    grid.append(drawing("path", { d: `M${x} ${top}v${height}` }));
    text.append(drawing("text", { x, y: bottom + 16, "text-anchor": "middle" }, stepTick(step, xTicks)));
  }
  text.append(drawing("text", { x: left + width / 2, y: bottom + 31, "text-anchor": "middle" }, "step"));
  grid.append(drawing("path", { class: "base", d: `M${left} ${bottom}h${width}` }));
  svg.append(grid, text);
}

// Two layers: the logged values, if there is a smoothed line, and the line with its marks.
function drawTrace(card, trace, smoothing, log, many) {
  const [below, group] = ["trace", "trace"].map((name) => drawing("g", { class: name }));
  for (const each of [below, group]) {
    each.style.setProperty("--colour", trace.colour);
    each.dataset.run = trace.run;
  }
  const smooth = smoothed(trace, smoothing, log), parts = pieces(trace, log);
  if (smooth) below.append(drawing("path", { class: "pale", d: pathOf(card, trace.x, trace.y, parts) }));
  const line = drawing("path", { class: "line", d: pathOf(card, trace.x, smooth ?? trace.y, parts) });
  if (trace.dash) line.setAttribute("stroke-dasharray", trace.dash);
  group.append(line);
  const dots = trace.y.length <= FEW_POINTS && !many ? parts : parts.filter(([start, stop]) => stop - start === 1);
  if (dots.length) group.append(drawing("path", { class: "dots", d: dotsOf(card, trace, dots) }));
  for (const [place, { kind }] of trace.nonfinite) group.append(nonfiniteMark(card, trace.x[place], kind));
  return [below, group];
}

// The curves of all other runs fade while the reader points at one.
function emphasize(run) {
  for (const each of document.querySelectorAll(".trace")) each.classList.toggle("faded", run !== null && each.dataset.run !== String(run));
}

function pathOf(card, x, y, parts) {
  let path = "";
  for (const [start, stop] of parts) {
    for (let place = start; place < stop; place++) {
      path += `${place === start ? "M" : "L"}${pixel(across(card, x[place]))} ${pixel(up(card, y[place]))}`;
    }
  }
  return path;
}

function dotsOf(card, trace, parts) {
  let path = "";
  for (const [start, stop] of parts) {
    for (let place = start; place < stop; place++) path += `M${pixel(across(card, trace.x[place]))} ${pixel(up(card, trace.y[place]))}h0`;
  }
  return path;
}

function nonfiniteMark(card, step, kind) {
  const shapes = { NaN: "m-4-4l8 8m0-8l-8 8", Infinity: "m0-5l5 9h-10z", "-Infinity": "m0 5l5-9h-10z" };
  const y = card.area.top + (kind === "Infinity" ? 7 : card.area.height - 7);
  return drawing("path", { class: `mark ${kind === "NaN" ? "nan" : "infinite"}`, d: `M${pixel(across(card, step))} ${pixel(y)}${shapes[kind]}` });
}

function remarkOf(traces, log) {
  if (!log) return "";
  const below = traces.reduce((sum, trace) => sum + trace.y.filter((value) => value <= 0).length, 0);
  return below ? `A log scale has no place for ${counted(below, "drawn point")} that ${below === 1 ? "is" : "are"} zero or negative.` : "";
}
