"""Where a server's files lie. PostgreSQL refuses to be root, and nothing of ours is opened to make room for it."""

import os
import pwd
import re
import shutil
import stat
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from longan.devkit.processes import CannotStart, User

# Of /var/lib and not /var/tmp: what is cleared by age would take a database away file by file.
ELSEWHERE = Path("/var/lib")
POINTER = "postgres.elsewhere"
SOCKET_PATH_BYTES = 107
# What a first start writes is 100 MB; later ones need a few segments of the write-ahead log, of 16 MB each.
FIRST_START_MEGABYTES = 200
START_MEGABYTES = 50
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


def make_data_dir(data_dir: Path) -> Path:
    """The resolved folder, made when missing: for us alone, but passable for the server's user when we are root."""
    data_dir = data_dir.resolve()
    if not data_dir.exists():
        try:
            data_dir.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise CannotStart(f"{data_dir} cannot be made ({error.strerror}): set LONGAN_DATA_DIR.") from error
        if os.geteuid() == 0:
            data_dir.chmod(0o711)
    return data_dir


def home(data_dir: Path, elsewhere: Path = ELSEWHERE) -> tuple[Path, User | None]:
    """The folder under which PostgreSQL's data lies, and whom it runs as (None: as us). Raises `CannotStart`.

    That is `data_dir` itself, unless root starts us below a folder closed to everybody else (`/root`): then it is a
    folder under `elsewhere`, named by the file `postgres.elsewhere` in `data_dir`.
    """
    if os.geteuid() != 0:
        _check_ours(data_dir / "postgres")
        return data_dir, None
    pointer = data_dir / POINTER
    place = Path(pointer.read_text().strip()) if pointer.exists() else data_dir
    if not place.is_dir():
        place = data_dir
    user = _other(place / "postgres")
    if may_pass(place, user):
        return place, user
    if (place / "postgres").exists():
        raise CannotStart(
            f"{place / 'postgres'} cannot be reached by its owner (user id {user.uid}): a folder above it is closed to "
            "others; open it for passing with chmod o+x, or remove the data."
        )
    place = Path(tempfile.mkdtemp(prefix="longan-", dir=elsewhere))
    place.chmod(0o711)
    if not may_pass(place, user):
        raise CannotStart(f"{place} cannot be reached by user id {user.uid}; set LONGAN_DATA_DIR to a place that can.")
    pointer.write_text(f"{place}\n")
    return place, user


def check_room(data: Path) -> None:
    """Raises `CannotStart` where PostgreSQL would run out of space over `data`: it would only say so in its log."""
    needed = START_MEGABYTES if data.exists() else FIRST_START_MEGABYTES
    free = shutil.disk_usage(data.parent).free // 1_000_000
    if free < needed:
        raise CannotStart(
            f"{data.parent} has {free} MB left, and {needed} are needed: make room, or set LONGAN_DATA_DIR."
        )


def _check_ours(data: Path) -> None:
    if data.exists() and data.stat().st_uid != os.geteuid():
        raise CannotStart(f"{data} belongs to another user: start as that one, or set LONGAN_DATA_DIR.")


def _other(data: Path) -> User:
    """Whom root runs the server as: the owner of what is there, or nobody, who exists already."""
    if data.exists():
        owner = User(data.stat().st_uid, data.stat().st_gid)
        if owner.uid == 0:
            raise CannotStart(f"{data} belongs to root, as whom PostgreSQL does not run: chown or remove it.")
        return owner
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL does not run as root, and this system has no user `nobody`: start as an ordinary user."
        ) from None
    return User(nobody.pw_uid, nobody.pw_gid)


def may_pass(folder: Path, user: User) -> bool:
    """Whether the user may walk through `folder` and everything above it."""
    return all(_may(each, user, stat.S_IXOTH) for each in (folder, *folder.parents))


def may_read(trees: Sequence[Path], user: User) -> bool:
    """Whether the user may reach and read every file of the trees."""
    return all(
        may_pass(tree, user) and all(_may(each, user, stat.S_IROTH) for each in tree.rglob("*")) for tree in trees
    )


def _may(path: Path, user: User, bit: int) -> bool:
    found = path.stat()
    shift = 6 if found.st_uid == user.uid else 3 if found.st_gid == user.gid else 0
    return bool(found.st_mode >> shift & bit)


def copy(trees: Sequence[Path], target: Path) -> None:
    """Copy the trees into the folder `target` side by side, for everybody to read and run; whole or not at all."""
    growing = target.with_name(f"{target.name}.new")
    shutil.rmtree(growing, ignore_errors=True)
    for tree in trees:
        shutil.copytree(tree, growing / tree.name, ignore=shutil.ignore_patterns("include", "*.a", "__pycache__"))
    for path in (growing, *growing.rglob("*")):
        path.chmod(0o755)
    growing.rename(target)


def socket_folder(preferred: Path, name: str, user: User | None) -> Path:
    """`preferred`, or a private folder under the temporary one when the socket's path would be too long for the kernel
    (107 bytes) or would need quoting in a URL. Raises `CannotStart` when somebody else was there first.
    """
    if PLAIN.fullmatch(str(preferred)) and len(f"{preferred}/{name}") <= SOCKET_PATH_BYTES:
        return preferred
    uid = os.geteuid() if user is None else user.uid
    mark = sha256(os.fsencode(preferred)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()).resolve() / f"longan-{uid}-{mark}"
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise CannotStart(f"{folder} is not a private folder of user id {uid}: remove it.")
    if len(f"{folder}/{name}") > SOCKET_PATH_BYTES or not PLAIN.fullmatch(str(folder)):
        raise CannotStart(f"{folder} is too long or too unusual a path for a socket: set TMPDIR to a short one.")
    if user is not None and not may_pass(folder, user):
        raise CannotStart(f"{folder} cannot be reached by user id {uid}: set TMPDIR to a folder open to everybody.")
    return folder
