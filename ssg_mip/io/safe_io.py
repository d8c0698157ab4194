"""Reading and writing files without accidents.

Only regular files within a size limit are read (a FIFO would block for ever, a device never ends). A file is
written beside its target and moved over it in one step, so that a crash leaves either the old file or the new one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ssg_mip.errors import OptionError
from ssg_mip.io.strict_json import Refusal


def check_regular(path: Path, limit: int) -> int:
    """Size in bytes of a regular file of at most ``limit`` bytes.

    Raises
    ------
    Refusal
        If there is no such file, it is not a regular one, or it is too large.
    """
    try:
        status = os.stat(path)  # noqa: PTH116  (Path.stat would do the same; this names the system call)
    except FileNotFoundError:
        dangling = path.is_symlink()
        raise Refusal("is a link to a file that does not exist" if dangling else "does not exist") from None
    except (OSError, ValueError) as error:
        raise Refusal(f"cannot be read: {_reason(error)}") from None
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise Refusal(f"is {kind}; an instance is a regular file")
    if status.st_size > limit:
        raise Refusal(f"has {status.st_size} bytes; at most {limit} are read")
    return status.st_size


def read_bytes(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most ``limit`` bytes.

    Raises
    ------
    Refusal
        If the file cannot be read or is not such a file.
    """
    size = check_regular(path, limit)
    try:
        with path.open("rb") as stream:
            data = stream.read(size + 1)
    except OSError as error:
        raise Refusal(f"cannot be read: {_reason(error)}") from None
    if len(data) != size:
        raise Refusal(f"changed while it was read: {size} bytes were announced; try again")
    return data


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file through a temporary one in the same folder; an existing link keeps pointing where it did.

    Raises
    ------
    OptionError
        If the folder does not exist or cannot be written to, or the path is not a regular file.
    """
    temporary: Path | None = None
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            raise OptionError(f"{path} is not a regular file; choose another path")
        temporary = target.with_name(f".{secrets.token_hex(8)}.part")
        # 0o666 lets the process's umask decide, as for any new file.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
    except (OSError, ValueError) as error:
        if isinstance(error, OptionError):
            raise
        raise OptionError(f"{path} cannot be written: {_reason(error)}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names in a folder outlast a crash of the machine where the system can; elsewhere there is nothing to do."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
