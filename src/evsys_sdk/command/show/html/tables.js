// The tables of runs, hyperparameters and artifacts, and what could not be read.

const MOST_COLUMNS = 8;

// The columns behind a run: hyperparameters that differ, then the final values of metrics.
function runColumns(data, charts, view) {
  const names = [...new Set(data.runs.flatMap((run) => run.hyperparams.map(([key]) => key)))];
  const differing = names.filter((name) => new Set(data.runs.map((run) => hyperparamText(run, name))).size > 1);
  const columns = differing.map((name) => ({
    id: `hyperparameter ${name}`, title: name, cells: data.runs.map((run) => hyperparamCell(hyperparamText(run, name))),
  }));
  const finals = [];
  for (const { chart, traces } of charts) {
    if (!chart.title.toLowerCase().includes(view.filter)) continue;
    for (const split of [...new Set(traces.map((trace) => trace.split))]) {
      const cells = data.runs.map((_, run) => finalCell(traces.find((trace) => trace.run === run && trace.split === split)));
      finals.push({ id: `final ${chart.title} ${split}`, title: split ? `${chart.title} · ${split}` : chart.title, final: true, cells, train: split === "train" });
    }
  }
  finals.sort((a, b) => a.train - b.train);
  const shown = view.allColumns ? finals : finals.slice(0, MOST_COLUMNS);
  return { columns: [...columns, ...shown], hidden: finals.length - shown.length };
}

function hyperparamCell(text) {
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? { text } : { text: numberText(value), value, title: text };
}

function finalCell(trace) {
  if (!trace) return { text: "–" };
  const last = trace.y.length - 1;
  return { text: trace.valueText(last), value: trace.y[last], title: `at step ${trace.stepText(last)}` };
}

const sortValue = (cell) => cell.value ?? cell.text;

// Numbers by size, then texts by letters, then what is missing or not finite, whichever the direction.
function compareCells(a, b, descending) {
  const rank = (cell) => cell.text === "–" || Number.isNaN(cell.value) ? 2 : typeof sortValue(cell) === "number" ? 0 : 1;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const [left, right] = [sortValue(a), sortValue(b)];
  const order = left < right ? -1 : left > right ? 1 : 0;
  return descending ? -order : order;
}

function runTable(data, charts, view, changed) {
  const { columns, hidden } = runColumns(data, charts, view);
  const order = data.runs.map((_, run) => run);
  const sorted = columns.find((column) => column.id === view.sort?.id);
  if (sorted) order.sort((a, b) => compareCells(sorted.cells[a], sorted.cells[b], view.sort.descending));
  const head = columns.map((column) => {
    const direction = column === sorted ? (view.sort.descending ? "descending" : "ascending") : "none";
    const arrow = { descending: " ▼", ascending: " ▲", none: " ↕" }[direction];
    const button = element("button", { type: "button", id: `sort ${column.id}`, title: `${column.final ? "final value of" : "hyperparameter"} ${column.title}`, "data-arrow": arrow, onclick() {
      view.sort = direction === "descending" ? null : { id: column.id, descending: direction === "ascending" };
      changed();
      document.getElementById(this.id)?.focus();
    } }, column.title);
    return element("th", { scope: "col", "aria-sort": direction, className: column.final ? "final" : "" }, button);
  });
  const point = (run) => ({ onpointerenter: () => emphasize(view.hidden.has(run) ? null : run), onpointerleave: () => emphasize(null) });
  const rows = order.map((run) => element("tr", point(run), runHead(data, run, view, changed),
    element("td", { textContent: grouped(data.runs[run].rows) }),
    ...columns.map(({ cells, final }) => element("td", { textContent: cells[run].text, title: cells[run].title ?? "", className: final ? "final" : "" }))));
  const more = hidden > 0 || view.allColumns ? element("button", { type: "button", id: "columns", onclick() {
    view.allColumns = !view.allColumns;
    changed();
    document.getElementById("columns")?.focus();
  } }, view.allColumns ? "fewer columns" : counted(hidden, "more final value")) : null;
  return [element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "table of runs" }, element("table", { className: "data runs" },
    element("caption", { className: "unseen", textContent: "Runs with the hyperparameters that differ and the final values of metrics. The buttons in the heads of the columns sort." }),
    element("thead", {}, element("tr", {}, element("th", { scope: "col", textContent: "run" }), element("th", { scope: "col", textContent: "rows" }), ...head)),
    element("tbody", {}, ...rows))), more];
}

function runHead(data, run, view, changed) {
  const box = element("input", { type: "checkbox", checked: !view.hidden.has(run), id: `run ${run}`,
    onfocus() { if (this.matches(":focus-visible") && this.checked) emphasize(run); }, onblur() { emphasize(null); }, onchange() {
    this.checked ? view.hidden.delete(run) : view.hidden.add(run);
    changed();
    document.getElementById(this.id)?.focus();
  } });
  const label = element("label", { title: data.runs[run].path }, box, swatch({ colour: `var(--c${run % COLOURS})`, dash: "" }), element("span", { textContent: data.runs[run].name }));
  return element("th", { scope: "row" }, label);
}

function hyperparamTable(data) {
  const names = [...new Set(data.runs.flatMap((run) => run.hyperparams.map(([key]) => key)))];
  if (!names.length) return [];
  const heads = ["hyperparameter", ...data.runs.map((run) => data.runs.length > 1 ? run.name : "value")];
  return dataTable("Hyperparameters", heads, names.map((name) => [name, ...data.runs.map((run) => hyperparamText(run, name))]),
    ([, ...values]) => new Set(values).size > 1 ? "differs" : "");
}

function artifactTable(data) {
  const several = data.runs.length > 1;
  const rows = data.runs.flatMap((run) => run.artifacts.map((artifact) => [...(several ? [run.name] : []), ...artifact]));
  return rows.length ? dataTable("Artifacts", [...(several ? ["run"] : []), "name", "kind", "path"], rows, () => "") : [];
}

function dataTable(title, heads, rows, className) {
  const table = element("table", { className: "data" }, element("caption", { className: "unseen", textContent: title }),
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })))),
    element("tbody", {}, ...rows.map((cells) => element("tr", { className: className(cells) },
      ...cells.map((text, place) => element(place ? "td" : "th", place ? { textContent: text } : { textContent: text, scope: "row" }))))));
  return [element("h2", { textContent: title }), element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": title }, table)];
}

function problemList(data) {
  const problems = data.runs.flatMap((run) => [...run.problems, ...run.notes]);
  return problems.length ? [element("div", { className: "problems", role: "note" }, "Notes on what was read:",
    element("ul", {}, ...problems.map((text) => element("li", { textContent: text }))))] : [];
}
