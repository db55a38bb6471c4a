from pathlib import Path
from typing import Any

class SQLiteStorage:
    @staticmethod
    def validate_project_name(project: str) -> None: ...
    @staticmethod
    def get_project_db_path(project: str) -> Path: ...
    @staticmethod
    def bulk_log(
        project: str,
        run: str,
        metrics_list: list[dict[str, Any]],
        steps: list[int] | None = None,
        timestamps: list[str] | None = None,
        config: dict[str, Any] | None = None,
        log_ids: list[str] | None = None,
        space_id: str | None = None,
        run_id: str | None = None,
    ) -> None: ...
    @staticmethod
    def get_logs(
        project: str,
        run: str | None = None,
        max_points: int | None = None,
        run_id: str | None = None,
    ) -> list[dict[str, Any]]: ...
    @staticmethod
    def get_run_config(
        project: str, run: str | None = None, run_id: str | None = None
    ) -> dict[str, Any] | None: ...
