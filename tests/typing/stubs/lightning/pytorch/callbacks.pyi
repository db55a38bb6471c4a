class Callback: ...

class ModelCheckpoint(Callback):
    best_model_path: str
    def __init__(
        self,
        dirpath: str | None = ...,
        *,
        save_last: bool | None = ...,
        save_on_exception: bool = ...,
        save_top_k: int = ...,
    ) -> None: ...
