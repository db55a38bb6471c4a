from collections.abc import Sequence

class Run:
    name: str
    config: dict[str, object] | None

class Api:
    def runs(self, project: str) -> Sequence[Run]: ...
