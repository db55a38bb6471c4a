"use strict";
// Elements, text for numbers, and the data of the page as arrays.

const DASHES = ["", "7 4", "2 3", "9 3 2 3", "9 3 2 3 2 3", "14 5", "1 5"];
const COLOURS = 20; // --c0 to --c19 in page.css

// Properties whose names have a dash, and roles, become attributes. Text never becomes markup.
function element(name, properties = {}, ...children) {
  const result = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "scope") result.setAttribute(key, value);
    else result[key] = value;
  }
  result.append(...children.filter((child) => child !== null));
  return result;
}

function drawing(name, attributes = {}, ...children) {
  const result = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) result.setAttribute(key, value);
  result.append(...children);
  return result;
}

const grouped = (integer) => String(integer).replace(/\B(?=(\d{3})+$)/g, ",");
const counted = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

function numberText(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value), rounded = Number(value.toPrecision(digits));
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? rounded.toExponential() : String(rounded);
}

// So many that values which differ little, such as 0.70006 and 0.70003, have different texts.
function digitsFor(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) if (!Number.isNaN(value)) { low = Math.min(low, value); high = Math.max(high, value); }
  const share = (high / 2 - low / 2) / Math.max(Math.abs(low), Math.abs(high));
  return share > 0 ? Math.min(7, Math.max(4, 2 - Math.floor(Math.log10(share)))) : 4;
}

// A trace as it is drawn. Steps come as differences, or as text where JavaScript has no such integer.
function decoded(raw, splits, several) {
  const exact = raw.steps.every((step) => typeof step === "number");
  let sum = 0;
  const x = Float64Array.from(raw.steps, (step) => exact ? (sum += step) : Number(step));
  const y = Float64Array.from(raw.values, (value) => value === null ? NaN : value);
  const nonfinite = new Map(raw.nonfinite.map(([place, kind, count]) => [place, { kind, count }]));
  const split = splits.indexOf(raw.split), digits = digitsFor(y);
  return {
    ...raw, x, y, nonfinite, order: split, breaks: new Set(raw.breaks),
    colour: `var(--c${(several ? raw.run : split) % COLOURS})`,
    dash: DASHES[split % DASHES.length],
    stepText: (place) => grouped(exact ? x[place] : raw.steps[place]),
    valueText: (place) => nonfinite.get(place)?.kind ?? (Number.isNaN(y[place]) ? "not finite" : numberText(y[place], digits)),
  };
}

// Where the line is unbroken: pairs of the first place and the place behind the last.
function pieces(trace, log) {
  const result = [];
  let start = -1;
  for (let place = 0; place <= trace.y.length; place++) {
    const inside = place < trace.y.length && Number.isFinite(trace.y[place]) && (!log || trace.y[place] > 0);
    if (start >= 0 && (!inside || trace.breaks.has(place))) { result.push([start, place]); start = -1; }
    if (inside && start < 0) start = place;
  }
  return result;
}

// First, last, lowest and highest place of finite values.
function landmarks(trace) {
  let low = -1, high = -1;
  trace.y.forEach((value, place) => {
    if (Number.isNaN(value)) return;
    if (low < 0 || value < trace.y[low]) low = place;
    if (high < 0 || value > trace.y[high]) high = place;
  });
  return { last: trace.y.length - 1, low, high };
}

const hyperparamText = (run, name) => run.hyperparams.find(([key]) => key === name)?.[1] ?? "–";
