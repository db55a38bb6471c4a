"""What TensorBoard shows of the tensorboard store, by its own loaders; torch writes the same."""

import html
import importlib
import math
import re
import struct
import subprocess
import sys
import types
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evsys_sdk.log_stores._tensorboard.texts import json_block
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore

Store = TensorBoardLogStore


def loaded(module: str) -> Any:
    """A module of TensorBoard: untyped, and with warnings of its vendored packages."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


def events(log_dir: Path) -> list[Any]:
    """Every event of a directory, by TensorBoard's loader, as the messages in the files."""
    loader = loaded("tensorboard.backend.event_processing.event_file_loader").LegacyEventFileLoader
    return [event for file in sorted(log_dir.iterdir()) for event in loader(str(file)).Load()]


def accumulated(log_dir: Path) -> Any:
    module = loaded("tensorboard.backend.event_processing.event_accumulator")
    return module.EventAccumulator(
        str(log_dir), size_guidance={"scalars": 0, "tensors": 0}
    ).Reload()


def values(log_dir: Path) -> list[tuple[int, Any]]:
    return [(event.step, value) for event in events(log_dir) for value in event.summary.value]


def bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack("<f", value)


@pytest.fixture(scope="module")
def summary_writer() -> Any:
    return pytest.importorskip("torch.utils.tensorboard").SummaryWriter


STEPS = [0, 1, 2, 2, 1, 2**31, 2**62, -1]
NUMBERS = [0.1, -0.0, 1e-45, 1e300, -1e300, math.nan, math.inf, -math.inf, 2**24 + 1, True]
TAGS = ["loss", "val/loss", "a b.c-d", "ünï→", "x" * 300, "<b>", "text/text_summary", "%?&\n"]


def test_scalars_are_what_torchs_add_scalar_writes(summary_writer: Any, tmp_path: Path) -> None:
    rows = [
        ({tag: NUMBERS[(row + at) % len(NUMBERS)] for at, tag in enumerate(TAGS)}, step)
        for row, step in enumerate([*STEPS, *STEPS])
    ]
    with closing(Store(log_dir=tmp_path / "ours")) as store:
        for metrics, step in rows:
            store.log_metrics(metrics, step)
    with summary_writer(str(tmp_path / "torch")) as writer:
        for metrics, step in rows:
            for tag, value in metrics.items():
                writer.add_scalar(tag, value, step)

    def shown(log_dir: Path) -> list[tuple[int, str, str, bytes, bytes]]:
        return [
            (
                step,
                value.tag,
                value.WhichOneof("value"),
                value.metadata.SerializeToString(),
                bits(value.simple_value),
            )
            for step, value in values(log_dir)
        ]

    assert shown(tmp_path / "ours") == shown(tmp_path / "torch")
    ours, torchs = accumulated(tmp_path / "ours"), accumulated(tmp_path / "torch")
    assert ours.Tags() == torchs.Tags()
    for tag in TAGS:
        assert [(each.step, bits(each.value)) for each in ours.Scalars(tag)] == [
            (each.step, bits(each.value)) for each in torchs.Scalars(tag)
        ]


def test_the_files_begin_as_torchs_do(summary_writer: Any, tmp_path: Path) -> None:
    Store(log_dir=tmp_path / "ours").close()
    summary_writer(str(tmp_path / "torch")).close()
    (ours,), (torchs,) = events(tmp_path / "ours"), events(tmp_path / "torch")
    assert ours.file_version == torchs.file_version == "brain.Event:2"
    name = re.compile(r"events\.out\.tfevents\.\d{10}\.(.+)\.\d+\.\d+")
    (our_host,) = name.findall(next((tmp_path / "ours").iterdir()).name)
    (torch_host,) = name.findall(next((tmp_path / "torch").iterdir()).name)
    assert our_host == torch_host


def test_texts_are_what_torchs_add_text_writes(summary_writer: Any, tmp_path: Path) -> None:
    params = {"lr": 0.1, "note": "a <b> & ```"}
    artifact = {"name": "best model\n", "path": "a/b", "kind": "file"}
    with closing(Store(log_dir=tmp_path / "ours")) as store:
        store.log_scalar("loss", 1.0, 7)
        store.log_hyperparams(params)
        store.log_artifact(artifact["name"], artifact["path"])
    with summary_writer(str(tmp_path / "torch")) as writer:
        writer.add_text("hyperparams", json_block(params), 7)
        writer.add_text("artifacts/best model\n", json_block(artifact), 7)

    def texts(log_dir: Path) -> list[tuple[int, bytes]]:
        return [
            (step, value.SerializeToString(deterministic=True))
            for step, value in values(log_dir)
            if value.metadata.plugin_data.plugin_name == "text"
        ]

    assert texts(tmp_path / "ours") == texts(tmp_path / "torch")
    assert len(texts(tmp_path / "ours")) == 2


def test_all_values_of_a_call_share_one_event(tmp_path: Path) -> None:
    with closing(Store(log_dir=tmp_path)) as store:
        store.log_metrics({"a": 1.0, "b": 2.0, "c": 3.0}, 5)
    version, event = events(tmp_path)
    assert version.file_version
    assert [value.tag for value in event.summary.value] == ["a", "b", "c"]
    accumulator = accumulated(tmp_path)
    assert accumulator.Tags()["scalars"] == ["a", "b", "c"]
    times = {accumulator.Scalars(tag)[0].wall_time for tag in "abc"}
    assert times == {event.wall_time}


def test_tensorboard_shows_a_resumed_run_as_one_series(tmp_path: Path) -> None:
    for start in range(0, 30, 10):
        with closing(Store(log_dir=tmp_path)) as store:
            for step in range(start, start + 10):
                store.log_scalar("loss", step, step)
    scalars = accumulated(tmp_path).Scalars("loss")
    assert [(each.step, each.value) for each in scalars] == [(s, float(s)) for s in range(30)]


# --- the Text tab --------------------------------------------------------------------------------


def rendered(texts: Any, *, markdown: bool) -> str:
    array = loaded("numpy").array([texts.encode()], dtype=object)
    page = loaded("tensorboard.plugins.text.text_plugin").text_array_to_html(array, markdown)
    assert isinstance(page, str)
    return page


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=http://example.org/x.png>",
    "[link](javascript:alert(1)) ![image](http://example.org/x.png)",
    "\n```\n# heading\n\n| a | b |\n|---|---|\n",
    "\r\n~~~\r\n",
    "</code></pre><h1>",
    "&lt;b&gt; &amp;",
    "\u2028\x02klzzwxh:0000\x03",
]


@pytest.mark.parametrize("markdown", [True, False], ids=["markdown", "plain"])
@pytest.mark.parametrize("name", HOSTILE)
def test_markup_in_a_name_stays_text_in_the_text_tab(
    name: str, markdown: bool, tmp_path: Path
) -> None:
    with closing(Store(log_dir=tmp_path)) as store:
        store.log_artifact(name, name, kind=name)
        store.log_hyperparams({name: [name]})
    accumulator = accumulated(tmp_path)
    for tag in (f"artifacts/{name}/text_summary", "hyperparams/text_summary"):
        (tensor,) = accumulator.Tensors(tag)
        text = tensor.tensor_proto.string_val[0].decode()
        page = rendered(text, markdown=markdown)
        frame = {"table", "tbody", "tr", "td", *(("pre", "code") if markdown else ())}
        assert set(re.findall(r"</?(\w+)", page)) == frame
        assert [part for part in ("```", "~~~") if markdown and f"\n{part}" in page] == []


@settings(deadline=None)  # the first call imports TensorBoard
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_text_tab_shows_a_block_just_as_it_stands(name: str) -> None:
    block = json_block({"name": name})
    page = rendered(block, markdown=True)
    shown = page[page.index("<pre><code>") + len("<pre><code>") : page.index("</code></pre>")]
    assert html.unescape(shown).rstrip("\n") == block.removeprefix("```json\n").removesuffix(
        "\n```"
    )


def test_texts_have_the_step_that_was_logged_last(tmp_path: Path) -> None:
    with closing(Store(log_dir=tmp_path)) as store:
        store.log_hyperparams({"lr": 0.1})
        store.log_artifact("data", "a")
        store.log_scalar("loss", 1.0, 10)
        store.log_hyperparams({"lr": 0.2})
        store.log_artifact("model", "b")
    accumulator = accumulated(tmp_path)
    steps = {
        tag: [each.step for each in accumulator.Tensors(f"{tag}/text_summary")]
        for tag in ("hyperparams", "artifacts/data", "artifacts/model")
    }
    assert steps == {"hyperparams": [0, 10], "artifacts/data": [0], "artifacts/model": [10]}


# --- the HParams tab -----------------------------------------------------------------------------


class Tab:
    """The HParams tab as TensorBoard's backend fills it from the runs below a directory."""

    def __init__(self, root: Path) -> None:
        multiplexer = loaded("tensorboard.backend.event_processing.plugin_event_multiplexer")
        runs = multiplexer.EventMultiplexer().AddRunsFromDirectory(str(root)).Reload()
        provider = loaded("tensorboard.backend.event_processing.data_provider")
        context = loaded("tensorboard.plugins.base_plugin").TBContext(
            logdir=str(root),
            multiplexer=runs,
            data_provider=provider.MultiplexerDataProvider(runs, str(root)),
        )
        hparams = "tensorboard.plugins.hparams."
        backend = loaded(hparams + "backend_context").Context(context)
        request = loaded("tensorboard.context").RequestContext()
        api = loaded(hparams + "api_pb2")
        metadata = backend.hparams_metadata(request, "")
        self.experiment = backend.experiment_from_metadata(request, "", True, metadata, [])
        statuses = [api.STATUS_UNKNOWN, api.STATUS_SUCCESS, api.STATUS_FAILURE, api.STATUS_RUNNING]
        groups = loaded(hparams + "list_session_groups").Handler(
            request_context=request,
            backend_context=backend,
            experiment_id="",
            request=api.ListSessionGroupsRequest(allowed_statuses=statuses, slice_size=99),
        )
        self.rows = [
            types.SimpleNamespace(
                name=group.name,
                hparams={
                    key: getattr(value, value.WhichOneof("kind"))
                    for key, value in group.hparams.items()
                },
                statuses=[api.Status.Name(each.status) for each in group.sessions],
            )
            for group in groups.run().session_groups
        ]
        self.columns = {each.name for each in self.experiment.hparam_infos}
        self.metrics = {each.name.tag for each in self.experiment.metric_infos}


def test_the_hparams_tab_has_a_row_per_run_with_columns_for_hyperparameters_and_metrics(
    tmp_path: Path,
) -> None:
    for run in ("a", "b"):  # equal hyperparameters: still two rows
        with closing(Store(log_dir=tmp_path / run / "tb")) as store:
            store.log_hyperparams({"lr": 0.1, "opt": "adam", "flag": True, "none": None})
            store.log_hyperparams({"model": {"layers": [1, 2], "width": 8}, "nan": math.nan})
            store.log_metrics({"val/loss": 1.0}, 1)
    tab = Tab(tmp_path)
    expected = {
        "lr": 0.1,
        "opt": "adam",
        "flag": True,
        "none": "None",
        "model.layers": "[1, 2]",
        "model.width": 8.0,
        "nan": "nan",
    }
    assert [row.hparams for row in tab.rows] == [expected, expected]
    assert [row.statuses for row in tab.rows] == [["STATUS_SUCCESS"]] * 2
    assert len({row.name for row in tab.rows}) == 2
    assert all(str(tmp_path) in row.name for row in tab.rows)
    assert tab.columns == set(expected)
    assert tab.metrics == {"val/loss"}


def test_the_hparams_tab_is_filled_also_when_no_metrics_follow(tmp_path: Path) -> None:
    with closing(Store(log_dir=tmp_path)) as store:
        store.log_hyperparams({"lr": 0.1})
        store.log_hyperparams({"lr": 0.2})
    (row,) = Tab(tmp_path).rows
    assert row.hparams == {"lr": 0.2}


def test_hyperparameters_after_the_first_metrics_are_in_the_text_only(tmp_path: Path) -> None:
    with closing(Store(log_dir=tmp_path)) as store:
        store.log_hyperparams({"lr": 0.1})
        store.log_scalar("loss", 1.0, 1)
        store.log_hyperparams({"late": 1})
        store.log_scalar("loss", 1.0, 2)
    (row,) = Tab(tmp_path).rows
    assert row.hparams == {"lr": 0.1}
    assert Store.read_run(log_dir=tmp_path).hyperparams == {"lr": 0.1, "late": 1}
    tags = [value.tag for _, value in values(tmp_path)]
    assert tags.count("_hparams_/session_start_info") == 1


def test_a_hyperparameter_that_only_a_later_run_has_shows_too(tmp_path: Path) -> None:
    for run, params in (("a", {"lr": 0.1}), ("b", {"lr": 0.1, "new": 1})):
        with closing(Store(log_dir=tmp_path / run)) as store:
            store.log_hyperparams(params)
    assert Tab(tmp_path).columns == {"lr", "new"}


def test_a_run_that_an_exception_ended_shows_as_failed(tmp_path: Path) -> None:
    def train() -> None:
        with closing(Store(log_dir=tmp_path)) as store:
            store.log_hyperparams({"lr": 0.1})
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        train()
    (row,) = Tab(tmp_path).rows
    assert row.statuses == ["STATUS_FAILURE"]


def test_a_forked_child_leaves_the_tab_to_its_parent(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            """
import os, sys
from evsys_sdk.log_stores.tensorboard import TensorBoardLogStore
store = TensorBoardLogStore(log_dir=sys.argv[1])
store.log_hyperparams({"lr": 0.1})
pid = os.fork()
store.log_scalar("parent" if pid else "child", 1.0, 1)
if pid:
    os.waitpid(pid, 0)
    raise SystemExit  # without closing, as if it were killed
store.log_hyperparams({"child": 1})
store.log_scalar("child", 1.0, 2)
store.close()
""",
            str(tmp_path),
        ],
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    (row,) = Tab(tmp_path).rows
    assert row.hparams == {"lr": 0.1}
    assert row.statuses == ["STATUS_UNKNOWN"]
    tags = [value.tag for _, value in values(tmp_path)]
    assert tags.count("_hparams_/session_start_info") == 1


def test_a_run_without_hyperparameters_writes_nothing_for_the_hparams_tab(tmp_path: Path) -> None:
    with closing(Store(log_dir=tmp_path)) as store:
        store.log_scalar("loss", 1.0, 1)
    assert [value.tag for _, value in values(tmp_path)] == ["loss"]
    assert Tab(tmp_path).rows == []


def test_a_run_that_still_trains_has_no_status_yet(tmp_path: Path) -> None:
    store = Store(log_dir=tmp_path)
    store.log_hyperparams({"lr": 0.1})
    store.log_scalar("loss", 1.0, 1)
    (row,) = Tab(tmp_path).rows
    store.close()
    assert row.statuses == ["STATUS_UNKNOWN"]
