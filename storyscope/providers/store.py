"""Replies on disk: a run that is killed loses none that was paid for.

One SQLite file, shared by any number of processes. It holds replies by a hash of everything that
can change them, what every request cost, and the batches under way. It holds no story.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyscope.errors import ModelError
from storyscope.paths import private_folder
from storyscope.providers.money import Usage

__all__ = ["FAILED", "Answers", "Held", "default_answers"]

FAILED = ("refusal", "max_tokens", "model_context_window_exceeded", "too long", "invalid")
"""Outcomes that leave questions unanswered; they are on record, but no reply is kept."""

LAYOUT = 1
LEASE = 900.0
"""Seconds after which a request claimed by a process elsewhere counts as abandoned."""

_TABLES = """
create table if not exists reply (
    key text primary key, about text not null, reply text not null, made real not null);
create table if not exists spent (
    id integer primary key, key text not null, root text not null, made real not null,
    outcome text not null, model text not null, batch integer not null, usage text not null,
    cost real);
create index if not exists spent_key on spent (key);
create index if not exists spent_root on spent (root);
create table if not exists claim (key text primary key, owner text not null, made real not null);
create table if not exists batch (
    chunk text primary key, id text, model text not null, state text not null, size integer not null,
    owner text not null, made real not null);
create table if not exists item (
    key text primary key, chunk text not null, root text not null, about text not null);
create table if not exists hold (
    id integer primary key, key text not null, root text not null, owner text not null,
    made real not null, batch integer not null, worst real not null);
create index if not exists hold_key on hold (key);
create index if not exists hold_root on hold (root);
create temp table if not exists wanted (root text primary key);
"""


@dataclass(frozen=True)
class Held:
    """What a request found when it asked for money.

    Attributes
    ----------
    taken : bool
        Whether its own cost at worst is now set aside.
    spent, under_way : float
        Dollars spent, and set aside for other requests, on the same questions in all processes.
    passing : bool
        Whether some of what is set aside will be settled soon, so that waiting may help.
    """

    taken: bool
    spent: float
    under_way: float
    passing: bool


_WANTED = "root in (select root from wanted)"


def _private(path: Path) -> None:
    """Make the file, and its folder, for its owner only; SQLite's own files beside it follow."""
    private_folder(path.parent)
    if not path.exists():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def default_answers() -> Path:
    """Where replies are kept unless another file is named.

    ``STORYSCOPE_ANSWERS`` may name it. It is not a cache: its content was paid for.
    """
    if named := os.environ.get("STORYSCOPE_ANSWERS"):
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "storyscope" / "answers.sqlite"


class Answers:
    """The file of replies.

    Parameters
    ----------
    path : str or Path
        Made, with its folder, if it is not there.

    Raises
    ------
    ModelError
        If the file is damaged or is something else; it is left as it is.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     answers = Answers(f"{folder}/answers.sqlite")
    ...     answers.keep("k", "k", '{"answers": []}', {"dimension": "plot"}, "m", Usage(output=9))
    ...     said = answers.reply("k"), answers.reply("other"), answers.spent(["k"])[0].output
    ...     answers.close()
    >>> said
    ('{"answers": []}', None, 9)
    """

    def __init__(self, path: str | Path | None = None):
        self.path = Path(path) if path is not None else default_answers()
        self._lock = threading.RLock()
        self._mine: set[str] = set()
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        with self._reported():
            _private(self.path)
            self._db = sqlite3.connect(self.path, timeout=60, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            if (state := self._db.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(state)
            version = self._db.execute("pragma user_version").fetchone()[0]
            if version not in (0, LAYOUT):
                raise ModelError(
                    f"{self.path} was written by another version of storyscope (layout {version}, "
                    f"here {LAYOUT}); name another file with --answers."
                )
            self._db.executescript(_TABLES)
            self._db.execute(f"pragma user_version = {LAYOUT}")

    def close(self) -> None:
        """Close the file; everything is on disk already."""
        self._db.close()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Say what a damaged or locked file means; never go on as if it were empty."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise ModelError(
                f"The file of answers {self.path} cannot be used ({error}); check that the disk "
                "has room and that the folder can be written, and run the command again."
            ) from error
        except sqlite3.DatabaseError as error:
            raise ModelError(
                f"The file of answers {self.path} is damaged ({error}). It was left as it is: "
                "restore a copy or move it away, then run again."
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._reported(), self._db:
            self._db.execute("begin immediate")
            yield self._db

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, self._reported():
            return self._db.execute(query, values).fetchall()

    # ---------------------------------------------------------------- replies and their cost

    def reply(self, key: str) -> str | None:
        """The text of a kept reply."""
        rows = self._rows("select reply from reply where key = ?", key)
        return rows[0][0] if rows else None

    def about(self, key: str) -> dict[str, Any]:
        """What was written down beside a kept reply."""
        rows = self._rows("select about from reply where key = ?", key)
        return json.loads(rows[0][0]) if rows else {}

    def outcome(self, key: str) -> str | None:
        """How the last paid request with this key ended; None if there was none."""
        rows = self._rows("select outcome from spent where key = ? order by id desc limit 1", key)
        return rows[0][0] if rows else None

    def keep(
        self,
        key: str,
        root: str,
        reply: str,
        about: Mapping[str, Any],
        model: str,
        usage: Usage,
        *,
        batch: bool = False,
        cost: float | None = None,
        outcome: str = "answered",
    ) -> None:
        """Keep a reply and what it cost, both or neither."""
        with self._writing() as db:
            db.execute(
                "insert or replace into reply values (?, ?, ?, ?)",
                (key, json.dumps(dict(about), sort_keys=True), reply, time.time()),
            )
            self._spend(db, key, root, outcome, model, usage, batch, cost)

    def fail(
        self,
        key: str,
        root: str,
        outcome: str,
        model: str,
        usage: Usage,
        *,
        batch: bool = False,
        cost: float | None = None,
    ) -> None:
        """Record a paid request that left its questions unanswered."""
        with self._writing() as db:
            self._spend(db, key, root, outcome, model, usage, batch, cost)

    def _spend(
        self,
        db: sqlite3.Connection,
        key: str,
        root: str,
        outcome: str,
        model: str,
        usage: Usage,
        batch: bool,
        cost: float | None,
    ) -> None:
        plain = json.dumps(usage.to_dict())
        db.execute(
            "insert into spent (key, root, made, outcome, model, batch, usage, cost) "
            "values (?, ?, ?, ?, ?, ?, ?, ?)",
            (key, root, time.time(), outcome, model, int(batch), plain, cost),
        )
        self._mine.discard(key)
        self._let_go(db, key, batch)
        db.execute("delete from claim where key = ?", (key,))
        db.execute("delete from item where key = ?", (key,))

    def forget_failures(self, roots: Iterable[str]) -> None:
        """Let unanswered questions be asked again; what they cost stays on record."""
        with self._writing() as db:
            for root in roots:
                db.execute(
                    "update spent set outcome = 'asked again: ' || outcome where root = ? "
                    f"and outcome in ({','.join('?' * len(FAILED))})",
                    (root, *FAILED),
                )

    def set_aside(self, keys: Iterable[str]) -> None:
        """Let kept replies be asked for anew; they and their cost stay in the file, under other keys."""
        with self._writing() as db:
            for key in dict.fromkeys(keys):
                aside = f"{key}:{time.time_ns():x}"
                db.execute("update reply set key = ? where key = ?", (aside, key))

    def spent(self, roots: Iterable[str]) -> tuple[Usage, float | None, dict[str, int]]:
        """Usage, price and number of requests by outcome, of all requests with these roots.

        The price is None if any of them has none.
        """
        usage, cost, outcomes = Usage(), 0.0, dict[str, int]()
        priced = True
        for root in dict.fromkeys(roots):
            for plain, price, outcome in self._rows(
                "select usage, cost, outcome from spent where root = ?", root
            ):
                usage += Usage(**json.loads(plain))
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                priced = priced and price is not None
                cost += price or 0.0
        return usage, cost if priced else None, outcomes

    # ---------------------------------------------------------------- a limit over all processes

    def limit_to(self, roots: Iterable[str]) -> None:
        """Name the first requests of the questions that share a limit on cost."""
        with self._writing() as db:
            db.execute("delete from wanted")
            db.executemany("insert or ignore into wanted values (?)", ((r,) for r in roots))

    def roots(self) -> set[str]:
        """All that anything was spent on, or is set aside for."""
        return {row[0] for row in self._rows("select root from spent union select root from hold")}

    def known_cost(self) -> float:
        """Dollars spent on the questions of `limit_to`, in all processes."""
        return float(self._rows(f"select total(cost) from spent where {_WANTED}")[0][0])

    def hold(self, key: str, root: str, worst: float, limit: float | None) -> Held:
        """Set money aside for a request, if the limit has room for what it may cost at worst.

        What a killed process had set aside stays so: its requests may have been served and billed.
        """
        with self._writing() as db:
            found = self._room(db, worst, limit)
            if found.taken:
                self._set_aside(db, key, root, worst, batch=False)
        return found

    def hold_under_way(self, key: str, root: str, worst: float) -> None:
        """Set money aside for a request in a batch that was sent without any."""
        if not self._rows("select 1 from hold where key = ? and batch = 1", key):
            with self._writing() as db:
                self._set_aside(db, key, root, worst, batch=True)

    def _room(self, db: sqlite3.Connection, worst: float, limit: float | None) -> Held:
        spent = db.execute(f"select total(cost) from spent where {_WANTED}").fetchone()[0]
        held = db.execute(f"select worst, owner, made, batch from hold where {_WANTED}").fetchall()
        under_way = sum(row[0] for row in held)
        taken = limit is None or spent + under_way + worst <= limit
        passing = any(not batch and not self.abandoned(o, made) for _, o, made, batch in held)
        return Held(taken, spent, under_way, passing)

    def _set_aside(
        self, db: sqlite3.Connection, key: str, root: str, worst: float, *, batch: bool
    ) -> None:
        db.execute(
            "insert into hold (key, root, owner, made, batch, worst) values (?, ?, ?, ?, ?, ?)",
            (key, root, self._owner, time.time(), int(batch), worst),
        )

    def _let_go(self, db: sqlite3.Connection, key: str, batch: bool) -> None:
        if batch:
            db.execute("delete from hold where key = ? and batch = 1", (key,))
        else:
            mine = (key, self._owner)
            db.execute("delete from hold where key = ? and owner = ? and batch = 0", mine)

    # ---------------------------------------------------------------- one process an ask

    def claim(self, key: str) -> bool:
        """Whether a request may be sent; another process or thread may be sending it already."""
        with self._writing() as db:
            row = db.execute("select owner, made from claim where key = ?", (key,)).fetchone()
            mine = row is not None and row[0] == self._owner
            if key in self._mine or (row and not mine and not self.abandoned(*row)):
                return False
            db.execute(
                "insert or replace into claim values (?, ?, ?)", (key, self._owner, time.time())
            )
            self._mine.add(key)
        return True

    def release(self, key: str) -> None:
        """Give up a claim after a request that failed."""
        with self._writing() as db:
            self._mine.discard(key)
            self._let_go(db, key, batch=False)
            db.execute("delete from claim where key = ? and owner = ?", (key, self._owner))

    @staticmethod
    def abandoned(owner: str, made: float) -> bool:
        """Whether the process that began something is gone, or must be taken to be."""
        host, _, pid = owner.rpartition(":")
        if time.time() - made > LEASE:
            return True
        if host != socket.gethostname() or os.name == "nt":
            return False
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return False

    # ---------------------------------------------------------------- batches

    def begin_batch(
        self,
        chunk: str,
        model: str,
        items: Iterable[tuple[str, str, dict[str, Any], float]],
        limit: float | None = None,
    ) -> tuple[set[str], Held | None]:
        """Write down what a batch will hold, before it is sent.

        Parameters
        ----------
        items : iterable of (str, str, dict, float)
            Key, key of the first form, description, and dollars at worst.
        limit : float, optional
            Dollars for the questions of `limit_to`, in all processes.

        Returns
        -------
        set of str
            Keys that the batch may hold: not those that another process has had answered, or is
            asking, since they were looked at, and no more than the limit has room for. Where none
            is left, there is no batch.
        Held or None
            What the first request that found no room was told.
        """
        rows = [(k, chunk, root, json.dumps(a, sort_keys=True), worst)
                for k, root, a, worst in items]  # fmt: skip
        refused: Held | None = None
        with self._writing() as db:
            free = []
            room = self._room(db, 0.0, None)
            under_way = room.under_way
            for *row, worst in (row for row in rows if self._free(db, row[0])):
                if limit is not None and room.spent + under_way + worst > limit:
                    refused = Held(False, room.spent, under_way, False)
                    break
                under_way += worst
                self._set_aside(db, row[0], row[2], worst, batch=True)
                free.append(row)
            if free:
                db.execute(
                    "insert into batch values (?, null, ?, 'sending', ?, ?, ?)",
                    (chunk, model, len(free), self._owner, time.time()),
                )
                db.executemany("insert into item values (?, ?, ?, ?)", free)
        return {row[0] for row in free}, refused

    def _free(self, db: sqlite3.Connection, key: str) -> bool:
        """Whether nobody has an answer to a request, or is asking for one."""
        for table in ("item", "reply"):
            if db.execute(f"select 1 from {table} where key = ?", (key,)).fetchone():
                return False
        claim = db.execute("select owner, made from claim where key = ?", (key,)).fetchone()
        return claim is None or self.abandoned(*claim)

    def set_batch(self, chunk: str, state: str, batch_id: str | None = None) -> None:
        """Record how far a batch is; "done" and "lost" set its unanswered items free."""
        with self._writing() as db:
            db.execute(
                "update batch set state = ?, id = coalesce(?, id) where chunk = ?",
                (state, batch_id, chunk),
            )
            if state in ("done", "lost"):
                db.execute(
                    "delete from hold where batch = 1 "
                    "and key in (select key from item where chunk = ?)",
                    (chunk,),
                )
                db.execute("delete from item where chunk = ?", (chunk,))

    def disown(self, chunk: str, batch_id: str) -> None:
        """Record that a batch of the API that was taken for this one is somebody else's."""
        with self._writing() as db:
            db.execute("update batch set state = 'sending', id = null where chunk = ?", (chunk,))
            db.execute(
                "insert or replace into batch values (?, ?, '', 'not ours', 0, ?, ?)",
                (f"other-{batch_id}", batch_id, self._owner, time.time()),
            )

    def batches(self, open_only: bool = False) -> list[dict[str, Any]]:
        """Batches in the order in which they were made."""
        names = ("chunk", "id", "model", "state", "size", "owner", "made")
        where = " where state in ('sending', 'sent')" if open_only else ""
        rows = self._rows(f"select {', '.join(names)} from batch{where} order by made, chunk")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def items(self, chunk: str) -> dict[str, tuple[str, dict[str, Any]]]:
        """Requests of a batch that have no result yet: root and description by key."""
        rows = self._rows("select key, root, about from item where chunk = ?", chunk)
        return {key: (root, json.loads(about)) for key, root, about in rows}

    def pending(self, key: str) -> bool:
        """Whether a request is under way in a batch."""
        return bool(self._rows("select 1 from item where key = ?", key))
