"""`python -m tora_core`: the same as the command `tora`."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
