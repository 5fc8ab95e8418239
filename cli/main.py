# SPDX-License-Identifier: BSD-3-Clause
"""The ``spintile`` command: the tree of commands, and what becomes of errors.

Exit codes: 0, everything that was checked holds; 1, a check failed; 2, the input cannot be used; 130, interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from .commands import (
    bench,
    characterise,
    cosim,
    demo,
    die,
    doctor,
    evaluate,
    fpga,
    loop,
    remap,
    reproduce,
    rtl,
    train,
    verify,
    write,
)
from .console import complain, warnings_as_lines
from .errors import BadInput, CheckFailed
from .signals import orderly_end

_HELP = """Binary neural networks on arrays of magnetic tunnel junctions, from training to bit-exact RTL.

Will these weights, on these dies, through this periphery, give exactly these answers?

Start with [bold]spintile demo[/bold]: real digits, 36 defective dies, RTL co-simulation and a report, in a few minutes.
[bold]spintile doctor[/bold] says which tools this machine has and what is lost without the others.
"""

_INTERRUPTED = 130
_HALF_WRITTEN = "interrupted; nothing was left half written"


def build_app() -> typer.Typer:
    """The tree of commands."""
    app = typer.Typer(
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    app.command("demo", rich_help_panel="The whole chain")(demo.demo)
    app.add_typer(reproduce.app, name="reproduce", rich_help_panel="The whole chain")
    app.command("train", rich_help_panel="Networks and dies")(train.train)
    app.add_typer(die.app, name="die", rich_help_panel="Networks and dies")
    app.command("eval", rich_help_panel="Networks and dies")(evaluate.evaluate)
    app.command("remap", rich_help_panel="Networks and dies")(remap.remap)
    app.command("write", rich_help_panel="The life of a die")(write.write)
    app.command("characterise", rich_help_panel="The life of a die")(characterise.characterise)
    app.command("loop", rich_help_panel="The life of a die")(loop.loop)
    app.command("cosim", rich_help_panel="RTL")(cosim.cosim)
    app.command("verify", rich_help_panel="RTL")(verify.verify)
    app.add_typer(rtl.app, name="rtl", rich_help_panel="RTL")
    app.add_typer(fpga.app, name="fpga", rich_help_panel="RTL")
    app.command("doctor", rich_help_panel="This machine")(doctor.doctor)
    app.add_typer(bench.app, name="bench", rich_help_panel="This machine")
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"spintile {version('spintile')}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and exit.", callback=_version, is_eager=True
    ),
) -> None:
    # Commands start worker processes of their own; threads below them only get in each other's way.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of this process by default.

    Returns
    -------
    int
        The exit code. Every expected error is one line on standard error; ``SPINTILE_TRACEBACK=1`` shows where it
        arose.
    """
    try:
        command = typer.main.get_command(build_app())
        words = list(sys.argv[1:] if arguments is None else arguments)
        with warnings_as_lines(), orderly_end() as interrupts:
            result = command.main(args=words, prog_name="spintile", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        complain(_HALF_WRITTEN)
        return _INTERRUPTED
    except CheckFailed as error:
        complain(str(error))
        return 1
    except (ValueError, OSError, BadInput) as error:
        return _bad_input(error)
    except MemoryError as error:
        return _bad_input(BadInput(f"not enough memory: {error}" if str(error) else "not enough memory"))
    except RuntimeError as error:
        # Only errors that say what to do are for the user's eye; any other is ours, and its traceback helps to mend it.
        if type(error).__module__.startswith("spintile."):
            return _bad_input(error)
        raise
    except Exception as error:
        # Usage errors: some versions of typer carry their own copy of click; both can format themselves.
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        text = message()
        if not text.strip():  # help was asked for by giving nothing, and has been printed
            return 0
        complain(text.replace("Value error, ", ""))
        return 2
    # Some versions of typer turn Ctrl-C into its exit code without a word; a callback from C may have swallowed it.
    if result == _INTERRUPTED or interrupts.seen:
        complain(_HALF_WRITTEN)
        return _INTERRUPTED
    return result if isinstance(result, int) else 0


def _bad_input(error: Exception) -> int:
    if os.environ.get("SPINTILE_TRACEBACK"):
        raise error
    if isinstance(error, OSError) and error.strerror:
        complain(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    else:
        complain(str(error))
    return 2
