"""A page that is written again while it is open."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from evsys_sdk.command.show.page import page
from evsys_sdk.command.show.runs import Run, read_run
from evsys_sdk.sources.opening import open_sources
from support.browser import browse, with_script
from support.command_logs import row, run, usual_log, write_log


@contextmanager
def served(first: str, later: str) -> Generator[str]:
    """The address of a page that has other content when it reads itself again."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((later if "?feed=" in self.path else first).encode())

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep the output of the tests free of requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/out.html"
        finally:
            server.shutdown()
            thread.join()


def runs_of(*logs: Path) -> list[Run]:
    sources = [source for log in logs for source in open_sources(str(log))]
    return [read_run(source.path.rsplit("/", 1)[1], source) for source in sources]


def test_new_data_keeps_zoom_selection_and_filter(tmp_path: Path) -> None:
    def steps(count: int) -> list[tuple[dict[str, float], int, str]]:
        return [({"x": float(step), "y": 1.0}, step, "train") for step in range(count)]

    logs = [write_log(tmp_path / name, steps(9)) for name in ("a", "b")]
    script = """
        const plot = document.querySelector(".plot");
        for (const key of ["Home", "+"]) plot.dispatchEvent(new KeyboardEvent("keydown", { key }));
        document.getElementById("run 1").click();
        const filter = document.getElementById("filter");
        filter.value = "x";
        filter.dispatchEvent(new Event("input"));
        filter.focus();
        const all = (selector) => [...plot.querySelectorAll(selector)];
        const ticks = () => all(".ticks [text-anchor=middle]").map((each) => each.textContent);
        const state = () => [ticks(), all(".line").length, document.getElementById("run 1").checked,
          filter.value, document.activeElement === filter].join(" ");
        const points = () => all(".line")[0].getAttribute("d").split("L").length;
        const before = state(), first = points();
        setInterval(() => {
          document.title = `${before === state()} ${first} ${points()} ${before}`;
        }, 500);"""
    first = with_script(page(runs_of(*logs), live=2.0), script)
    logs = [write_log(tmp_path / name, steps(3)) for name in ("a", "b")]  # further rows
    later = page(runs_of(*logs), live=0.0, written="12:34:56")
    with served(first, later) as address:
        document, console = browse(address, tmp_path / "profile")
    assert console == ""
    assert "finished at 12:34:56" in document
    [title] = re.findall("<title>(.*?)</title>", document)
    assert title == "true 9 11 0,1,2,3,4,step 1 false x true"
    # Data that does not change any more is not read again.
    assert 'data-reads="1"' in document
    assert document.count("<iframe") == 0


def test_a_page_opened_as_a_file_reads_itself_again(tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    target.write_text(page(runs_of(usual_log(tmp_path / "log")), live=2.0))
    document, console = browse(target.as_uri(), tmp_path / "profile", seconds=9)
    assert console == ""
    assert int(re.findall(r'data-reads="(\d+)"', document)[0]) >= 2
    assert document.count('data-drawn="yes"') == 1


def test_a_page_that_stays_never_reads_itself(tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    target.write_text(page(runs_of(usual_log(tmp_path / "log"))))
    document, _ = browse(target.as_uri(), tmp_path / "profile", seconds=9)
    assert "data-reads" not in document


def test_follow_writes_the_page_again_until_it_is_interrupted(tmp_path: Path) -> None:
    log, target = usual_log(tmp_path / "log"), tmp_path / "out.html"
    command = [
        sys.executable,
        "-m",
        "evsys_sdk",
        "show",
        str(log),
        "--follow",
        "--html",
        str(target),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == f"wrote {target}\n"
        assert '"live":5.0' in target.read_text()
        with open(log / "metrics.jsonl", "ab") as file:
            file.write(row(100, new=0.5))
        assert child.stdout.readline() == f"wrote {target}\n"
        assert '"title":"new"' in target.read_text()
        child.send_signal(signal.SIGINT)
    assert child.returncode == 0
    assert '"live":0.0' in target.read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log", "out.html"]


def test_follow_writes_no_picture(tmp_path: Path) -> None:
    done = run("show", str(usual_log(tmp_path)), "--follow", "--png", "out.png")
    assert done.returncode == 2
    assert "leave out --png, or write a page with --html" in done.stderr
