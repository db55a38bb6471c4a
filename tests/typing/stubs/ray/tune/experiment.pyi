from typing import Any

class Trial:
    config: dict[str, Any]
    path: str
    trial_id: str
