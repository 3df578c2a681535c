"""A PostgreSQL server of the tests' own, on a socket in a temporary folder and on loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

PASSWORD = "a long secret, and 'quoted'"  # of a server that ends with the test


def programs() -> Path | None:
    """Where initdb and postgres are: on PATH, or where Debian puts them; None for nowhere."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


_RUNUSER = (
    shutil.which("runuser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "runuser"
)
"""It stands where only root's PATH leads."""


class Postgres:
    """One server. Root may not run it, and runs it as `postgres`, whom Debian's package makes."""

    def __init__(self) -> None:
        found = programs()
        if found is None:
            reason = "PostgreSQL is missing (Debian, Ubuntu: apt install postgresql)"
            assert os.environ.get("CI") != "true", reason
            pytest.skip(reason)
        self._bin = found
        self._as = [_RUNUSER, "-u", "postgres", "--"] if os.geteuid() == 0 else []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def __enter__(self) -> Self:
        # A short path: that of a socket has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.folder.chmod(0o755)
        if self._as:
            shutil.chown(self.folder, "postgres")
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "password").chmod(0o644)
        self._run(
            "initdb", f"--pgdata={self.folder / 'data'}", "--username=auditor", "--no-sync",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C",
            f"--pwfile={self.folder / 'password'}",
        )  # fmt: skip
        self.start()
        return self

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=20 "
            f"-c unix_socket_directories={self.folder} -c shared_buffers=32MB"
        )
        self._run("pg_ctl", *self._data, "--wait", f"--log={self.folder / 'log'}",
                  f"--options={options}", "start")  # fmt: skip

    def stop(self) -> None:
        self._run("pg_ctl", *self._data, "--wait", "--mode=immediate", "stop")

    def fresh(self) -> str:
        """The URL of a new, empty schema."""
        name = f"s{os.urandom(8).hex()}"
        self.query(f"CREATE SCHEMA {name}")
        return f"{self.url}&options=-csearch_path%3D{name}"

    @property
    def url(self) -> str:
        """Through the socket, without a password."""
        return f"postgresql://auditor@/postgres?host={self.folder}&port={self.port}"

    @property
    def loopback(self) -> str:
        """Through TCP, where the server asks for a password."""
        return f"postgresql://auditor@127.0.0.1:{self.port}/postgres"

    def query(self, text: str, url: str = "") -> str:
        """What psql prints for a query."""
        asked = [shutil.which("psql") or self._bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"]
        return subprocess.run(
            [*asked, "-c", text, url or self.url], check=True, capture_output=True, text=True
        ).stdout

    @property
    def _data(self) -> tuple[str, ...]:
        return (f"--pgdata={self.folder / 'data'}",)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, self._bin / program, *arguments]
        # Its own files for output: the server inherits them, and a pipe would never end.
        with (self.folder / "output").open("w+") as output:
            done = subprocess.run(
                command, check=False, cwd=self.folder, stdout=output, stderr=output
            )
            output.seek(0)
            assert done.returncode == 0, output.read()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if (self.folder / "data/postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder)
