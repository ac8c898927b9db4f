"""`python -m batchlint`."""

from batchlint.cli import main

if __name__ == "__main__":
    main()
