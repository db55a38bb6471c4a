// Linear and log axes, and where their ticks are.

// Halved values keep differences within float64.
function axis(low, high, log) {
  const place = log ? Math.log10 : (value) => value / 2;
  const start = place(low), span = place(high) - start;
  return {
    low, high, log,
    share: (value) => (place(value) - start) / span,
    value: (share) => log ? 10 ** (start + share * span) : (start + share * span) * 2,
  };
}

// The axis that holds all the values, with some room at both ends.
function axisOf(values, log) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (Number.isFinite(value) && (!log || value > 0)) { low = Math.min(low, value); high = Math.max(high, value); }
  }
  if (low > high) return axis(log ? 0.1 : 0, 1, log);
  if (log) {
    const room = Math.max((Math.log10(high) - Math.log10(low)) * 0.05, 0.02);
    return axis(Math.max(low * 10 ** -room, Number.MIN_VALUE), Math.min(high * 10 ** room, Number.MAX_VALUE), true);
  }
  const room = (high / 2 - low / 2) * 0.1 || Math.abs(low) * 0.1 || 1;
  return axis(Math.max(low - room, -Number.MAX_VALUE), Math.min(high + room, Number.MAX_VALUE), false);
}

function ticks(scale, most, least = 0) {
  if (!scale.log) return linearTicks(scale.low, scale.high, most, least);
  const first = Math.ceil(Math.log10(scale.low) - 1e-9), last = Math.floor(Math.log10(scale.high) + 1e-9);
  if (last - first < 1) return linearTicks(scale.low, scale.high, most, 0).filter((value) => value > 0);
  const every = Math.ceil((last - first + 1) / most), result = [];
  const between = last - first < 2 ? [1, 2, 5] : [1];
  for (let power = first - 1; power <= last; power++) {
    if (((power - first) % every + every) % every === 0 || between.length > 1) {
      result.push(...between.map((digit) => digit * 10 ** power));
    }
  }
  return result.filter((value) => value >= scale.low * 0.9999 && value <= scale.high * 1.0001 && value > 0);
}

// No more than this many round numbers, at least so far from each other.
function linearTicks(low, high, most, least) {
  const rough = Math.max((high / 2 - low / 2) / most * 2, least);
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  if (!(width > 0) || !Number.isFinite(width)) return [low, high];
  const result = [];
  for (let count = Math.ceil(low / width); count <= high / width && result.length < 50; count++) result.push(count * width);
  return result.length ? result : [low, high];
}

function tickText(value, all) {
  const sizes = all.filter(Boolean).map(Math.abs), size = Math.max(...sizes);
  if (value === 0) return "0";
  if (size >= 1e6 || size < 1e-3 || (Math.min(...sizes) < 1e-5 && Math.abs(value) < 1e-3)) {
    const [digits, power] = Number(value.toPrecision(3)).toExponential().split("e");
    return `${digits}e${Number(power)}`;
  }
  return grouped(Number(value.toPrecision(6))).replace(/\.(.*)/, (part) => part.replaceAll(",", ""));
}

function stepTick(value, all) {
  const size = Math.max(...all.map(Math.abs));
  if (size >= 1e15) return value === 0 ? "0" : value.toExponential(1);
  for (const [unit, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= unit * 10 && value !== 0) return `${Number((value / unit).toPrecision(4))}${letter}`;
  }
  return String(Number(value.toPrecision(8)));
}
