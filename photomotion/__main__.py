"""``python -m photomotion`` is the command ``photomotion``."""

from photomotion.cli import main

if __name__ == "__main__":
    main()
