"""The page: complete, drawn for real, and safe against what a log may hold."""

import json
import math
import random
import re
from pathlib import Path
from typing import Any

import pytest

from evsys_sdk.command import main
from evsys_sdk.command.show import page as page_module
from evsys_sdk.log_stores.jsonl import JSONLLogStore
from support.browser import browse, with_script
from support.command_logs import HOSTILE, hostile_log, log_of_others, usual_log, write_log


def written_page(tmp_path: Path, *logs: Path) -> Path:
    page = tmp_path / "out.html"
    assert main(["show", *map(str, logs), "--html", str(page)]) == 0
    return page


def data_of(page: Path) -> dict[str, Any]:
    text = page.read_text().partition('id="data">')[2].partition("</script>")[0]
    data: dict[str, Any] = json.loads(text)
    return data


def noisy_log(directory: Path, rate: float = 1.0, **hyperparams: float) -> Path:
    """A loss over two decades, a learning rate without noise, and a few values of validation."""
    draw = random.Random(0)
    points: list[tuple[dict[str, float], int, str]] = []
    for step in range(200):
        loss = 2.7 * math.exp(-step * rate / 20) + 0.03
        metrics = {"loss": loss * math.exp(draw.gauss(0, 0.3)), "lr": 1 - step / 200}
        points.append((metrics, step, "train"))
        if step % 20 == 0:
            points.append(({"loss": loss * 1.1}, step, "val"))
    write_log(directory, points)
    store = JSONLLogStore(log_dir=directory)
    store.log_hyperparams({"rate": rate, "layers": 3, **hyperparams})
    store.close()
    return directory


def test_the_page_draws_train_and_val_of_all_runs_together(tmp_path: Path) -> None:
    page = written_page(tmp_path, *(usual_log(tmp_path / name) for name in ("first", "second")))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    assert document.count('data-drawn="yes"') == 1
    lines = re.findall(r'<path class="line" d="(M[^"]{20,})"( stroke-dasharray)?', document)
    # Validation is drawn last, on top, and has another line style.
    assert [bool(dash) for _, dash in lines] == [False, False, True, True]
    for text in ("first · train", "second · val", "learning_rate", "checkpoints/final.npz"):
        assert text in document


def test_a_mark_at_the_first_or_last_step_is_drawn_whole(tmp_path: Path) -> None:
    values = [math.nan, 1.0, 2.0, math.inf]
    log = write_log(tmp_path / "log", [({"x": x}, step, "train") for step, x in enumerate(values)])
    document, _ = browse(written_page(tmp_path, log).as_uri(), tmp_path / "profile")
    [frame] = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', document)
    left, width = map(float, frame)
    first, last = (float(x) for x in re.findall(r'class="mark[^"]*" d="M([\d.]+) ', document))
    assert left <= first - 4
    assert last + 4 <= left + width


def test_values_that_differ_little_have_different_texts(tmp_path: Path) -> None:
    values = [0.70006, 0.70003, math.nan]
    log = write_log(tmp_path / "log", [({"x": x}, step, "train") for step, x in enumerate(values)])
    document, _ = browse(written_page(tmp_path, log).as_uri(), tmp_path / "profile")
    cells = re.findall(r'<td title="at step \d+">([^<]+)', document)
    assert cells == ["NaN", "0.70003", "0.70006"]


def test_the_line_is_solid_for_what_most_points_have(tmp_path: Path) -> None:
    mostly_unknown = log_of_others(tmp_path / "others")
    usual = usual_log(tmp_path / "usual")
    one_of_train = write_log(tmp_path / "one", [({"x": 1.0}, 0, "train")])
    for logs, splits in (
        ([mostly_unknown], ["", "val"]),
        ([mostly_unknown, one_of_train], ["", "train", "val"]),
        ([mostly_unknown, usual], ["train", "", "val"]),
    ):
        assert data_of(written_page(tmp_path, *logs))["splits"] == splits


def test_curves_of_one_run_in_a_chart_differ_in_style_and_name(tmp_path: Path) -> None:
    board = tmp_path / "board"
    board.mkdir()
    row = {"step": 1, "metrics": {"train/loss": 1.0, "val/loss": 2.0}}
    (board / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    data = data_of(written_page(tmp_path, board, usual_log(tmp_path / "usual")))
    [chart] = data["charts"]
    assert [(trace["label"], trace["split"]) for trace in chart["traces"]] == [
        ("board · train/loss", "train"),
        ("board · val/loss", "val"),
        ("usual · train", "train"),
        ("usual · val", "val"),
    ]


def test_charts_near_the_view_are_drawn_before_the_browser_says_what_is_in_view(
    tmp_path: Path,
) -> None:
    metrics = {f"metric{number}": 0.5 for number in range(60)}
    page = written_page(tmp_path, write_log(tmp_path / "log", [(metrics, 0, "train")]))
    silent = "<script>IntersectionObserver = class { observe() {} };</script>"
    page.write_text(page.read_text().replace("<head>", f"<head>{silent}"))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    drawn = re.findall(r'aria-label="metric(\d+): [^"]*"[^>]*data-drawn="yes"', document)
    assert len(drawn) < 60
    assert drawn == [str(number) for number in range(len(drawn))]
    assert len(drawn) >= 12


def test_the_page_needs_no_other_file(tmp_path: Path) -> None:
    text = written_page(tmp_path, usual_log(tmp_path / "log")).read_text()
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert len(text) < 80_000


def test_markup_in_any_name_stays_text(tmp_path: Path) -> None:
    page = written_page(tmp_path, hostile_log(tmp_path / "log"))
    assert HOSTILE[:8] not in page.read_text().partition('id="data">')[2].partition("</script>")[0]
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    assert "<title>hit" not in document
    assert document.count('data-drawn="yes"') == 2
    drawn = document.rpartition("</script>")[2]
    assert "<b>x</b>" not in drawn
    assert "&lt;b&gt;x&lt;/b&gt;" in drawn
    assert "NaN undefined" not in drawn
    assert not re.search(r' d="[^"]*NaN', drawn)


def test_curves_without_a_split_are_called_by_their_key_or_run(tmp_path: Path) -> None:
    for names in (["a"], ["b", "c"]):
        data = data_of(written_page(tmp_path, *(log_of_others(tmp_path / each) for each in names)))
        labels = {
            chart["title"]: [trace["label"] for trace in chart["traces"]]
            for chart in data["charts"]
        }
        if len(names) == 1:
            assert labels == {"/loss": ["/loss"], "loss": ["loss", "val"]}
        else:
            assert labels["loss"] == ["b", "b · val", "c", "c · val"]


def test_steps_are_differences_and_far_steps_are_text(tmp_path: Path) -> None:
    log = write_log(tmp_path / "near", [({"x": 1.0}, step, "train") for step in (5, 7, 6, 6)])
    assert data_of(written_page(tmp_path, log))["charts"][0]["traces"][0]["steps"] == [5, 2, -1, 0]
    log = write_log(tmp_path / "far", [({"x": 1.0}, step, "train") for step in (5, 2**53 + 1)])
    [trace] = data_of(written_page(tmp_path, log))["charts"][0]["traces"]
    assert trace["steps"] == ["5", "9007199254740993"]


def test_noise_is_pale_behind_a_smoothed_line_on_a_scale_that_shows_the_shape(
    tmp_path: Path,
) -> None:
    page = written_page(tmp_path, noisy_log(tmp_path / "log"))
    assert {each["title"]: each["scale"] for each in data_of(page)["charts"]} == {
        "loss": "log",
        "lr": "linear",
    }
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    assert re.findall(r'data-scale="(\w+)"', document) == ["log", "linear"]
    assert len(re.findall(r'<path class="pale" d="M', document)) == 1
    assert len(re.findall(r'<path class="line" d="M', document)) == 3
    script = """
        for (const [id, value] of [["smoothing", "0"], ["scale", "linear"]]) {
          const control = document.getElementById(id);
          control.value = value;
          control.dispatchEvent(new Event("change"));
        }"""
    page.write_text(with_script(page.read_text(), script))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    assert re.findall(r'data-scale="(\w+)"', document) == ["linear", "linear"]
    assert 'class="pale"' not in document


def test_the_table_of_runs_has_what_differs_and_sorts_by_a_final_value(tmp_path: Path) -> None:
    rates = {"slow": 0.5, "fast": 2.0, "usual": 1.0}
    page = written_page(tmp_path, *(noisy_log(tmp_path / k, rate=v) for k, v in rates.items()))
    script = """
        const click = () => [...document.querySelectorAll(".runs button")]
          .find((button) => button.textContent === "loss · val").click();
        const state = () => document.querySelector(".runs [aria-sort$=ending]").ariaSort + " "
          + [...document.querySelectorAll(".runs tbody th")].map((cell) => cell.textContent).join();
        click(); const first = state(); click();
        document.title = `${first}; ${state()}; ${document.activeElement.textContent}`;"""
    page.write_text(with_script(page.read_text(), script))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    title = re.findall("<title>(.*?)</title>", document)[0]
    assert title == "ascending fast,usual,slow; descending slow,usual,fast; loss · val"
    heads = re.findall(r"<button[^>]*>([^<]*)</button></th>", document)
    assert heads == ["rate", "loss · val", "loss · train", "lr · train"]


def test_many_curves_are_thin_and_those_of_other_runs_fade(tmp_path: Path) -> None:
    points = [({"loss": 1.0 - step / 9}, step, "train") for step in range(9)]
    page = written_page(tmp_path, *(write_log(tmp_path / f"log{k}", points) for k in range(13)))
    script = """
        const row = document.querySelectorAll(".runs tbody tr")[3];
        const plot = document.querySelector(".plot");
        const isClear = (each) => getComputedStyle(each).opacity === "1";
        const clear = () => [...plot.querySelectorAll(".trace")].filter(isClear);
        const runs = () => [...new Set(clear().map((each) => each.dataset.run))].join();
        const point = (type) => { row.dispatchEvent(new PointerEvent(type)); return runs(); };
        const states = [point("pointerenter"), point("pointerleave")];
        const width = getComputedStyle(plot.querySelector(".line")).strokeWidth;
        document.title = `${states.join("|")}|${width}|${plot.querySelectorAll(".dots").length}`;"""
    page.write_text(with_script(page.read_text(), script))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    everything = ",".join(map(str, range(13)))
    assert f"<title>3|{everything}|1.1px|0</title>" in document


def test_keys_zoom_and_read_the_values(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", [({"x": step / 2}, step, "train") for step in range(9)])
    page = written_page(tmp_path, log)
    script = """
        const plot = document.querySelector(".plot");
        const said = () => document.getElementById("announcement").textContent;
        const line = () => plot.querySelector(".line").getAttribute("d");
        const press = (key) => plot.dispatchEvent(new KeyboardEvent("keydown", { key }));
        const whole = line(), log = [];
        press("ArrowRight"); log.push(said());
        press("ArrowRight"); log.push(said());
        press("End"); log.push(said());
        press("+"); log.push(line() === whole);
        press("0"); log.push(line() === whole);
        document.title = log.join("|");"""
    page.write_text(with_script(page.read_text(), script))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    expected = ["step 0: train 0", "step 1: train 0.5", "step 8: train 4", "false", "true"]
    assert f"<title>{'|'.join(expected)}</title>" in document


@pytest.mark.parametrize("width", [800, 1400, 1920])
def test_names_in_the_legend_have_one_line_and_stay_in_their_card(
    width: int, tmp_path: Path
) -> None:
    names = ("a-run-with-a-rather-long-name-0.05", "b")
    page = written_page(tmp_path, *(noisy_log(tmp_path / name) for name in names))
    script = """
        const faults = [];
        for (const name of document.querySelectorAll(".legend .name")) {
          const card = name.closest(".card").getBoundingClientRect();
          if (name.getBoundingClientRect().height > 26) faults.push("lines");
          if (name.getBoundingClientRect().width < 60) faults.push("narrow");
          for (const cell of name.closest("tr").cells) {
            if (cell.getBoundingClientRect().right > card.right) faults.push("out");
          }
        }
        if (document.documentElement.scrollWidth > innerWidth) faults.push("page");
        document.title = `${document.querySelectorAll(".legend .name").length} ${faults}`;"""
    page.write_text(with_script(page.read_text(), script))
    document, console = browse(page.as_uri(), tmp_path / "profile", width=width)
    assert console == ""
    assert "<title>6 </title>" in document


def test_colours_have_contrast_and_controls_have_names(tmp_path: Path) -> None:
    page = written_page(tmp_path, *(noisy_log(tmp_path / name) for name in "ab"))
    script = """
        const canvas = document.createElement("canvas");
        const paint = canvas.getContext("2d", { willReadFrequently: true });
        const light = (name) => {
          const root = getComputedStyle(document.documentElement);
          paint.fillStyle = root.getPropertyValue(name).trim();
          paint.fillRect(0, 0, 1, 1);
          const parts = [...paint.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
          return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const contrast = (...names) => {
          const [dark, bright] = names.map(light).sort((a, b) => a - b);
          return (bright + 0.05) / (dark + 0.05);
        };
        const runs = Array.from({ length: 20 }, (_, place) => `--c${place}`);
        const faults = [];
        for (const theme of ["light", "dark"]) {
          document.documentElement.dataset.theme = theme;
          for (const name of ["--text", "--muted", "--accent", ...runs]) {
            const found = contrast(name, "--card");
            if (found < 4.5) faults.push(`${theme} ${name} ${found}`);
          }
          if (contrast("--warn", "--warn-card") < 4.5) faults.push("warning");
          if (contrast("--control", "--card") < 3) faults.push(`${theme} control`);
        }
        for (const control of document.querySelectorAll("button, input, select, .plot")) {
          const label = control.ariaLabel ?? control.textContent.trim();
          if (!label && !control.labels?.length) faults.push(control.outerHTML);
        }
        const heads = [...document.querySelectorAll("h1, h2, h3")];
        document.title = `${heads.map((head) => head.tagName[1]).join("")} ${faults.join("; ")}`;"""
    page.write_text(with_script(page.read_text(), script))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    assert re.findall("<title>(.*?)</title>", document) == ["122332 "]


def test_the_colours_of_the_system_are_those_of_the_page(tmp_path: Path) -> None:
    page = written_page(tmp_path, usual_log(tmp_path / "log"))
    script = "document.title = getComputedStyle(document.body).backgroundColor;"
    page.write_text(with_script(page.read_text(), script))
    titles: list[str] = []
    for scheme in (0, 1):
        option = f"--blink-settings=preferredColorScheme={scheme}"
        document, _ = browse(page.as_uri(), tmp_path / "profile", option)
        titles += re.findall("<title>(.*?)</title>", document)
    assert titles == ["rgb(18, 21, 26)", "rgb(244, 245, 247)"]


def test_many_curves_share_the_points_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [
        ({f"m/{key}": float(step) for key in range(10)}, step, "train") for step in range(500)
    ]
    log = write_log(tmp_path / "log", points)
    for limit, fewest, most in [(10**6, 500, 500), (2500, 100, 250), (10, 50, 100)]:
        monkeypatch.setattr(page_module, "_MOST_POINTS_IN_ALL", limit)
        charts = data_of(written_page(tmp_path, log))["charts"]
        [kept] = {trace["kept"] for chart in charts for trace in chart["traces"]}
        assert fewest <= kept <= most


def test_metrics_without_a_prefix_are_first_and_layer_2_is_before_layer_10(tmp_path: Path) -> None:
    names = ("layer10/norm", "layer2/norm", "loss", "lr", "10", "2")
    log = write_log(tmp_path / "log", [(dict.fromkeys(names, 1.0), 1, "train")])
    titles = [chart["title"] for chart in data_of(written_page(tmp_path, log))["charts"]]
    assert titles == ["2", "10", "loss", "lr", "layer2/norm", "layer10/norm"]


def test_metrics_of_a_prefix_are_a_group_and_the_filter_hides_others(tmp_path: Path) -> None:
    names = ("grad/a", "grad/b", "loss", "eval/c")
    log = write_log(tmp_path / "log", [(dict.fromkeys(names, 1.0), 1, "train")])
    page = written_page(tmp_path, log)
    script = """
        const filter = document.getElementById("filter");
        const all = (selector) => [...document.querySelectorAll(selector)];
        const shown = () => all(".group:not([hidden]) summary").map((each) => each.textContent);
        const before = shown();
        filter.value = "GRAD/b";
        filter.dispatchEvent(new Event("input"));
        document.title = `${before} | ${shown()}`;"""
    page.write_text(with_script(page.read_text(), script))
    document, console = browse(page.as_uri(), tmp_path / "profile")
    assert console == ""
    expected = "Metrics1 metric,eval1 metric,grad2 metrics | grad1 metric"
    assert f"<title>{expected}</title>" in document
    assert "1 of 4 metrics" in document
