"""One run of a tracking server, through MLflow's own client."""

from collections.abc import Sequence

from mlflow import MlflowClient, MlflowException
from mlflow.entities import Experiment, Metric, Param, Run, RunTag


class TrackedRun:
    """A run, and the calls of MLflow's client that a store needs.

    The client tries again where a server is away or busy, as the environment variables
    ``MLFLOW_HTTP_REQUEST_*`` say. That can record nothing twice: a point is the same row when it
    is sent again, and so is a tag.
    """

    def __init__(self, client: MlflowClient, run: Run) -> None:
        self._client = client
        self._run_id: str = run.info.run_id
        self.tags: dict[str, str] = dict(run.data.tags)
        """The tags as the run was found."""
        self.params: dict[str, str] = dict(run.data.params)
        self.keys: list[str] = list(run.data.metrics)

    def log(
        self,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        """Log in one request, and wait until it is in the database."""
        self._client.log_batch(self._run_id, metrics, params, tags, synchronous=True)

    def history(self, key: str) -> list[Metric]:
        """Every point of a metric, in no order."""
        return list(self._client.get_metric_history(self._run_id, key))

    def resume(self) -> None:
        """Mark it as running."""
        self._client.update_run(self._run_id, status="RUNNING")

    def finish(self) -> None:
        """Mark it as finished."""
        self._client.set_terminated(self._run_id, "FINISHED")


def open_run(tracking_uri: str, experiment: str, name: str) -> TrackedRun:
    """The run of this name, which is created as needed.

    Raises:
        ValueError: The name holds a quote, or several runs have it.
    """
    client = MlflowClient(tracking_uri)
    home = client.get_experiment_by_name(experiment) or _create(client, experiment)
    found = _find(client, home, name)
    if found is None:
        return TrackedRun(client, client.create_run(home.experiment_id, run_name=name))
    found.resume()
    return found


def find_run(tracking_uri: str, experiment: str, name: str) -> TrackedRun | None:
    """The run of this name; None where there is none."""
    client = MlflowClient(tracking_uri)
    home = client.get_experiment_by_name(experiment)
    return _find(client, home, name) if home else None


def _create(client: MlflowClient, name: str) -> Experiment:
    try:
        return client.get_experiment(client.create_experiment(name))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        there = client.get_experiment_by_name(name)  # another process was first
        if there is None:
            raise
        return there


def _find(client: MlflowClient, experiment: Experiment, name: str) -> TrackedRun | None:
    if not name or any(sign in name for sign in "'\"`\\\0"):
        raise ValueError(f"run must be a name without quotes and backslashes, got {name!r}")
    runs = client.search_runs(
        [experiment.experiment_id], f"attributes.run_name = '{name}'", max_results=2
    )
    if len(runs) > 1:
        ids = " and ".join(str(run.info.run_id) for run in runs)
        raise ValueError(
            f"experiment {experiment.name!r} has several runs with the name {name!r} ({ids}). Give "
            f"another name, or rename all but one in MLflow"
        )
    return TrackedRun(client, runs[0]) if runs else None
