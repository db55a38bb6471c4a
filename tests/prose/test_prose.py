"""What ``make prose`` finds, where it finds it, and what it leaves alone."""

from pathlib import Path

import pytest

from prose.__main__ import ROOT, all_files, findings, main
from prose.patterns import PATTERNS

# A wording that is found | one that is not
TABLE = """\
The value is no number. | The value is not a number. There is no value that is no better.
The key stands in the first row. | The key is in the first row. $ stands for the prompt.
The log lies in this directory. | The log is in this directory.
the part behind the last dot | a killed process leaves files behind
The log is begun anew. | The log is started again.
The store claims crash in vain. | The store does not keep its claim.
a call under way | a call in progress
It runs in a process of its own. | It runs in its own process.
What is left out is listed. | What is left out, and why. What is left?
It is shown. What a store adds is ignored. | What a store adds when it is closed.
It takes whatever is given. | It takes anything.
It warns whoever reads the log. | It warns everyone who reads the log.
A page for who opens the repository. | A page for people who browse it.
What the page says of it. | What the page says about it.
The key is no text, so it is a text. | It is recorded as a text entry.
JSON has not, and it can't be had. | It has not been read.
after some hundred calls | after hundreds of calls
"""  # prose: ok
WORDINGS = [line.split(" | ") for line in TABLE.splitlines()]


def found(text: str, path: Path) -> list[str]:
    path.write_text(text)
    return list(findings(path))


@pytest.mark.parametrize(("bad", "good"), WORDINGS)
def test_a_wording_is_found_and_a_better_one_is_not(bad: str, good: str, tmp_path: Path) -> None:
    assert found(bad, tmp_path / "page.md")
    assert found(good, tmp_path / "page.md") == []


def test_every_pattern_finds_one_of_the_wordings() -> None:
    bad = [each for each, _ in WORDINGS]
    assert [each for each in PATTERNS if not any(map(each.regex.search, bad))] == []


PYTHON = '''\
"""Begin.

The end of
a line is no
hindrance.
"""


def the_log_is_no_log(path: str) -> None:
    # A call that is under
    # way.
    raise ValueError(
        f"the value of {path} is "
        "no number"
    )
    print("stands", "in")
    print(f"{'is no string'} {path}")
    print("is\\nno string")
    # One comment is

    # no comment.
'''  # prose: ok
MARKDOWN = """\
# A page

- The first item is
  no item.
- What is
- no item.

| A cell | is no cell |

```sh
echo this is no prose
```

`is no prose` either, and neither `is no
prose`.
"""  # prose: ok


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [("module.py", PYTHON, [4, 9, 10, 13, 18]), ("page.md", MARKDOWN, [3, 8])],
)
def test_a_wording_is_named_with_its_line(
    name: str, text: str, lines: list[int], tmp_path: Path
) -> None:
    path = tmp_path / name
    assert [line.split(": ")[0] for line in found(text, path)] == [f"{path}:{n}" for n in lines]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("module.py", "x = 1  # this is no comment, prose: ok\n"),
        ("module.py", '"""The first\nline is no\nline.\n"""  # prose: ok\n'),
        ("page.md", "One is\nno two. <!-- prose: ok -->\n"),
    ],
)  # prose: ok
def test_a_mark_lets_a_wording_pass(name: str, text: str, tmp_path: Path) -> None:
    assert found(text.replace("prose: ok", ""), tmp_path / name)
    assert found(text, tmp_path / name) == []


def test_the_command_prints_what_it_finds_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("This is prose.\n")
    bad.write_text("This is prose.\n\nThis is no prose.\n")  # prose: ok
    assert main([str(good)]) == 0
    assert main([str(good), str(bad)]) == 1
    assert f"{bad}:3: 'is no prose': negate" in capsys.readouterr().out  # prose: ok


def test_the_command_reads_the_repository() -> None:
    names = {str(file.relative_to(ROOT)) for file in all_files()}
    assert {"README.md", "CHANGELOG.md", "docs/contract.md", "src/evsys_sdk/protocols.py"} <= names
