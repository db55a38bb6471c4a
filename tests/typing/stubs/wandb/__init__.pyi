from typing import Any, Literal

class Error(Exception): ...

class Settings:
    silent: bool
    console: str
    sync_file: str
    def __init__(self, *, silent: bool = ..., console: str = ...) -> None: ...

class Config:
    def update(self, d: dict[str, Any], allow_val_change: bool | None = None) -> None: ...

class Run:
    config: Config
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def settings(self) -> Settings: ...
    def log(self, data: dict[str, Any], step: int | None = None) -> None: ...
    def define_metric(
        self, name: str, step_metric: str | None = None, *, step_sync: bool | None = None
    ) -> object: ...
    def finish(self, exit_code: int | None = None) -> None: ...

class Setup:
    @property
    def most_recent_active_run(self) -> Run | None: ...

def init(
    *,
    project: str,
    entity: str | None = None,
    id: str | None = None,  # noqa: A002 - as W&B has it
    name: str | None = None,
    dir: str,  # noqa: A002
    mode: Literal["online", "offline"],
    resume: str | None = None,
    reinit: str | None = None,
    settings: Settings,
) -> Run: ...
def setup(settings: Settings | None = None) -> Setup: ...
def teardown() -> None: ...
