"""Run the command line as ``python -m gridplan``."""

from gridplan.cli import main

if __name__ == "__main__":
    main()
