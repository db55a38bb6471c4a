"""``python docs/examples/digits``: train, or go on training."""

import os
import sys

if __name__ == "__main__":
    # The matrices are small: threads of the BLAS library would mostly wait for each other, on a
    # busy machine for minutes. It is read when NumPy is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        from train import main  # inside the try: Ctrl-C may come while the libraries load

        sys.exit(main())
    except KeyboardInterrupt:
        print("Stopped. Start it again to continue.")
        sys.exit(130)
