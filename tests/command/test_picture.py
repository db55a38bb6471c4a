"""The picture: every curve and every name is in it, in each format."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evsys_sdk.command import main
from evsys_sdk.command.show.downsampling import Floats
from evsys_sdk.command.show.fonts import Fonts
from evsys_sdk.command.show.scales import log_shows_more, smoothed
from support.command_logs import hostile_log, log_of_others, status_of, usual_log, write_log


@pytest.mark.parametrize("make", [usual_log, hostile_log, log_of_others])
def test_the_picture_is_drawn(make: Callable[[Path], Path], tmp_path: Path) -> None:
    picture = tmp_path / "out.png"
    assert main(["show", str(make(tmp_path / "log")), "--png", str(picture)]) == 0
    with Image.open(picture) as image:
        assert image.width > 600
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or ()}
    assert (0x3F, 0x7F, 0xBF) in colours


def drawn_as_svg(tmp_path: Path, *logs: Path) -> str:
    """An SVG of matplotlib names each text that it draws in a comment."""
    picture = tmp_path / "out.svg"
    assert main(["show", *map(str, logs), "--png", str(picture)]) == 0
    return picture.read_text()


def test_names_of_runs_are_in_the_legend_also_with_an_underscore_in_front(tmp_path: Path) -> None:
    names = ("_baseline", "_child0", "plain")
    drawn = drawn_as_svg(tmp_path, *(usual_log(tmp_path / name) for name in names))
    for name in names:
        assert f"<!-- {name} · train -->" in drawn
        assert f"<!-- {name} · val -->" in drawn


def test_characters_that_no_font_has_are_drawn_as_escapes(tmp_path: Path) -> None:
    """No Japanese font is installed in most containers: Hiragana is either drawn or escaped."""
    log = write_log(tmp_path / "log", [({"\U000124ff $x$ é": 1.0, "\u3042": 2.0}, 1, "train")])
    drawn = drawn_as_svg(tmp_path, log)
    assert "$x$ é -->" in drawn
    assert "<!-- \\u3042 -->" in drawn or "<!-- \u3042 -->" in drawn


def test_a_character_is_escaped_only_if_no_font_has_it() -> None:
    fonts = Fonts(["é λ \u2603", "\u0378"])
    fonts.missing |= {"\u0378"}
    assert fonts.drawable("é λ") == "é λ"
    assert fonts.drawable("a\u0378b") == "a\\u0378b"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.webp", "WEBP"), ("a.tiff", "TIFF"), ("a", "PNG")],
)
def test_the_ending_of_the_name_is_the_format(name: str, expected: str, tmp_path: Path) -> None:
    assert main(["show", str(usual_log(tmp_path / "log")), "--png", str(tmp_path / name)]) == 0
    with Image.open(tmp_path / name) as image:
        assert image.format == expected


def test_a_pdf_is_one(tmp_path: Path) -> None:
    picture = tmp_path / "out.pdf"
    assert main(["show", str(usual_log(tmp_path / "log")), "--png", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"%PDF")


def test_an_ending_that_is_not_a_format_is_an_error_that_lists_the_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "out.bmp"
    assert status_of("show", str(usual_log(tmp_path / "log")), "--png", str(picture)) == 2
    message = capsys.readouterr().err
    assert ".bmp is not a picture format; end the name with one of .png, .jpg, " in message
    assert not picture.exists()


@pytest.mark.parametrize(
    ("values", "log"),
    [
        (2.7 * np.exp(-np.arange(100) / 10) + 0.03, True),
        (np.linspace(0.1, 0.97, 100), False),
        (np.append(np.full(99, 1.0), 1e6), True),
        (np.append(np.full(99, 1.0), 9.0), False),
        (np.append(2.7 * np.exp(-np.arange(100) / 10), 0.0), False),
        (np.append(2.7 * np.exp(-np.arange(100) / 10) + 0.03, [np.nan, np.inf]), True),
        (np.array([np.nan]), False),
        (np.array([5e-324, 1.7e308]), False),
    ],
)
def test_a_log_scale_is_chosen_where_it_shows_more(values: Floats, log: bool) -> None:
    assert log_shows_more([values]) is log
    assert log_shows_more([values[:10], values[10:]]) is log


def test_no_curves_need_no_log_scale() -> None:
    assert not log_shows_more([])


def test_the_smoothed_line_is_the_mean_of_five_percent_of_the_steps() -> None:
    steps = np.arange(201)
    values = np.where(steps % 2, 1.0, 3.0)
    line = smoothed(steps, values, [], log=False)
    assert line is not None
    assert line[0] == values[0]
    assert line[-1] == values[-1]
    # Five steps to each side: eleven values, five or six of which are 3.
    assert np.allclose(line[100], (3 * 5 + 6) / 11) or np.allclose(line[100], (3 * 6 + 5) / 11)
    geometric = smoothed(steps, values, [], log=True)
    assert geometric is not None
    assert np.all(geometric <= line + 1e-12)


def test_the_smoothed_line_does_not_cross_a_gap() -> None:
    noise = np.where(np.arange(100) % 2, 0.1, -0.1)
    values = np.concatenate([1 + noise, [np.nan], 5 - noise])
    line = smoothed(np.arange(201), values, [101], log=False)
    assert line is not None
    assert np.isnan(line[100])
    assert np.nanmax(abs(line - np.where(np.arange(201) < 100, 1, 5))) < 0.11
    back = np.concatenate([np.arange(100), np.arange(100)])
    line = smoothed(back, np.append(1 + noise, 5 - noise), [100], log=False)
    assert line is not None
    assert max(abs(line - np.where(np.arange(200) < 100, 1, 5))) < 0.11


def test_few_points_are_not_smoothed() -> None:
    values = np.where(np.arange(60) % 2, 1.0, 3.0)
    assert smoothed(np.arange(60), values, [], log=False) is not None
    assert smoothed(np.arange(59), values[:59], [], log=False) is None


@pytest.mark.parametrize("log", [False, True])
def test_a_curve_without_noise_is_not_smoothed(log: bool) -> None:
    warm_up = np.append(np.linspace(0.01, 1, 100), np.linspace(1, 0.01, 900))
    assert smoothed(np.arange(1000), warm_up, [], log=log) is None
    assert smoothed(np.arange(1000), np.full(1000, 3.0), [], log=log) is None


def test_values_near_the_end_of_float64_are_smoothed() -> None:
    values = np.where(np.arange(100) % 2, 1.7e308, -1.7e308)
    line = smoothed(np.arange(100), values, [], log=False)
    assert line is not None
    assert np.isfinite(line).all()
    assert abs(line[50]) < 1e308
    assert smoothed(np.arange(100), np.full(100, 1.7e308), [], log=False) is None
