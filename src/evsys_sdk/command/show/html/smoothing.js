// The line through noisy values: scales.py draws the same one.

const FEWEST_POINTS = 3;
const RESTLESS = 4;

// The mean of the values around each point, in a window that covers a share of the steps. Towards
// the ends of an unbroken piece the window shrinks on both sides. Returns null for too few points, and
// for a curve that moves up and down by less than four times its range in all: it has no noise.
function smoothed(trace, share, log) {
  const { x, y } = trace;
  if (!share || y.length * share < FEWEST_POINTS) return null;
  const parts = pieces(trace, log);
  if (!restless(y, parts, log)) return null;
  let low = Infinity, high = -Infinity;
  for (const step of x) { low = Math.min(low, step); high = Math.max(high, step); }
  const reach = (high - low) / 2 * share;
  const result = new Float64Array(y.length).fill(NaN);
  for (const [start, stop] of parts) smoothPiece(x, y, result, start, stop, reach, log);
  return result;
}

function restless(y, parts, log) {
  let low = Infinity, high = -Infinity, moved = 0;
  const height = log ? Math.log : (value) => value / 1e4; // sums stay within float64
  for (const [start, stop] of parts) {
    for (let place = start; place < stop; place++) {
      const value = height(y[place]);
      low = Math.min(low, value); high = Math.max(high, value);
      if (place > start) moved += Math.abs(value - height(y[place - 1]));
    }
  }
  return moved > RESTLESS * (high - low);
}

function smoothPiece(x, y, result, start, stop, reach, log) {
  let largest = 0;
  for (let place = start; place < stop; place++) largest = Math.max(largest, Math.abs(y[place]));
  largest = largest || 1; // a sum of the values themselves may overflow
  const sums = new Float64Array(stop - start + 1);
  for (let place = start; place < stop; place++) {
    sums[place - start + 1] = sums[place - start] + (log ? Math.log(y[place]) : y[place] / largest);
  }
  let first = start, behind = start;
  for (let place = start; place < stop; place++) {
    const own = Math.min(reach, x[place] - x[start], x[stop - 1] - x[place]);
    while (x[first] < x[place] - own) first++;
    while (behind < stop && x[behind] <= x[place] + own) behind++;
    const mean = (sums[behind - start] - sums[first - start]) / (behind - first);
    result[place] = log ? Math.exp(mean) : mean * largest;
  }
}
