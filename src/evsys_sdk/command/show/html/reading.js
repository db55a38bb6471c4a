// Reading values off a chart and zooming into it, with a pointer and with keys.

const MOST_READ = 12;
const DRAG = 5, FLAT = 24; // pixels: less is a click; a drag that is less high zooms the steps alone

function nearest(trace, step) {
  let best = 0;
  for (let place = 1; place < trace.x.length; place++) {
    if (Math.abs(trace.x[place] - step) < Math.abs(trace.x[best] - step)) best = place;
  }
  return best;
}

// What is read at a step: of each visible trace the nearest point, if it is near enough to be meant.
function readingAt(card, view, step) {
  const found = visibleTraces(card, view).map((trace) => ({ trace, place: nearest(trace, step) }));
  if (!found.length) return null;
  const distance = ({ trace, place }) => Math.abs(trace.x[place] - step);
  const first = found.reduce((best, each) => distance(each) < distance(best) ? each : best);
  const meant = first.trace.x[first.place];
  const reach = (card.x.high - card.x.low) * 0.02;
  const points = found.filter(({ trace, place }) => Math.abs(trace.x[place] - meant) <= reach);
  return { step: meant, text: first.trace.stepText(first.place), points };
}

function showReading(card, reading, y) {
  card.cursor = reading?.step ?? null;
  card.tip.hidden = !reading;
  card.svg?.querySelector(".cursor")?.remove();
  if (!reading || !card.svg) return;
  const x = pixel(across(card, reading.step)), { area } = card;
  card.svg.append(drawing("path", { class: "cursor", d: `M${x} ${area.top}v${area.height}` }));
  const far = ({ trace, place }) => Math.abs(up(card, trace.y[place]) - (y ?? area.top)) || 0;
  const near = [...reading.points].sort((a, b) => far(a) - far(b)).slice(0, MOST_READ);
  near.sort((a, b) => (b.trace.y[b.place] || 0) - (a.trace.y[a.place] || 0));
  const more = reading.points.length - near.length;
  card.tip.replaceChildren(element("strong", { textContent: `step ${reading.text}` }),
    ...near.map(({ trace, place }) => element("div", {}, swatch(trace), element("span", { className: "name", textContent: trace.label }),
      element("span", { className: "value", textContent: trace.valueText(place) }))),
    ...(more > 0 ? [element("small", { textContent: `and ${more} more` })] : []));
  const right = x < area.left + area.width / 2;
  card.tip.style.left = right ? `${x + 12}px` : "";
  card.tip.style.right = right ? "" : `${card.plot.clientWidth - x + 12}px`;
}

function announce(card, reading) {
  const values = reading.points.slice(0, MOST_READ).map(({ trace, place }) => `${trace.label} ${trace.valueText(place)}`);
  document.getElementById("announcement").textContent = `step ${reading.text}: ${values.join("; ")}`;
}

function swatch(trace) {
  const line = drawing("path", { d: "M1 5h22" });
  if (trace.dash) line.setAttribute("stroke-dasharray", trace.dash);
  const result = drawing("svg", { class: "swatch", width: 24, height: 10, "aria-hidden": "true" }, line);
  result.style.setProperty("--colour", trace.colour);
  return result;
}

// The steps of a chart become narrower or wider around a step.
function zoomAround(card, step, factor) {
  const whole = stepAxis(card.traces);
  const low = Math.max(whole.low, step - (step - card.x.low) * factor);
  const high = Math.min(whole.high, step + (card.x.high - step) * factor);
  if (high - low < 1e-9 * Math.max(1, Math.abs(high))) return;
  card.zoom = low <= whole.low && high >= whole.high ? null : { x: [low, high] };
}

function moveCursor(card, view, key) {
  const longest = visibleTraces(card, view).reduce((best, trace) => best && best.x.length >= trace.x.length ? best : trace, null);
  if (!longest) return;
  const steps = [...new Set(longest.x)].sort((a, b) => a - b).filter((step) => step >= card.x.low && step <= card.x.high);
  if (!steps.length) return;
  let place = card.cursor === null ? -1 : steps.findIndex((step) => step >= card.cursor);
  if (key === "Home" || key === "End") place = key === "Home" ? 0 : steps.length - 1;
  else if (card.cursor === null) place = key === "ArrowRight" ? 0 : steps.length - 1;
  else place = Math.max(0, Math.min(steps.length - 1, (place < 0 ? steps.length : place) + (key === "ArrowRight" ? 1 : -1)));
  const reading = readingAt(card, view, steps[place]);
  showReading(card, reading);
  announce(card, reading);
}

function listen(card, view, redraw) {
  const { plot } = card;
  const inside = (event) => {
    const box = plot.getBoundingClientRect(), { area } = card;
    const clamp = (value, most) => Math.max(0, Math.min(most, value));
    return { x: clamp(event.clientX - box.left - area.left, area.width), y: clamp(event.clientY - box.top - area.top, area.height) };
  };
  const stepAt = (place) => card.x.value(place.x / card.area.width);
  let from = null, frame = null;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && card.svg) { from = inside(event); plot.setPointerCapture(event.pointerId); }
  });
  plot.addEventListener("pointermove", (event) => {
    if (!card.svg) return;
    const to = inside(event);
    if (!from) { showReading(card, readingAt(card, view, stepAt(to)), to.y + card.area.top); return; }
    frame?.remove();
    const flat = Math.abs(to.y - from.y) < FLAT, { area } = card;
    frame = drawing("rect", {
      class: "frame", x: area.left + Math.min(from.x, to.x), width: Math.abs(to.x - from.x),
      y: area.top + (flat ? 0 : Math.min(from.y, to.y)), height: flat ? area.height : Math.abs(to.y - from.y),
    });
    card.svg.append(frame);
  });
  plot.addEventListener("pointerup", (event) => {
    if (!from) return;
    const start = from, to = inside(event);
    from = null;
    frame?.remove();
    if (Math.abs(to.x - start.x) < DRAG) return;
    const pair = (a, b) => a < b ? [a, b] : [b, a];
    const value = (place) => card.y.value(1 - place.y / card.area.height);
    card.zoom = { x: pair(stepAt(start), stepAt(to)), y: Math.abs(to.y - start.y) < FLAT ? null : pair(value(start), value(to)) };
    redraw(card);
  });
  plot.addEventListener("pointercancel", () => { from = null; frame?.remove(); });
  plot.addEventListener("pointerleave", () => { if (!from) showReading(card, null); });
  plot.addEventListener("dblclick", () => { card.zoom = null; redraw(card); });
  plot.addEventListener("blur", () => showReading(card, null));
  plot.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !card.svg) return;
    const middle = card.cursor ?? (card.x.low + card.x.high) / 2;
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) moveCursor(card, view, event.key);
    else if (event.key === "+" || event.key === "=") { zoomAround(card, middle, 0.5); redraw(card); }
    else if (event.key === "-") { zoomAround(card, middle, 2); redraw(card); }
    else if (event.key === "0" || event.key === "Escape") { card.zoom = null; redraw(card); }
    else return;
    event.preventDefault();
  });
}
