"""What data.gouv.fr offers of a dataset: which of its files are the current ones, and what it says of them.

``GET <service>/datasets/<id or slug>/`` (udata, the software behind it: ``udata/core/dataset/api_fields.py``) answers a
document whose ``resources`` each have ``id``, ``title``, ``format``, ``url``, ``latest``, ``last_modified``, and where
they are known ``filesize`` (bytes) and ``checksum`` (``type`` sha1, sha2, sha256, md5 or crc; ``value``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from analytics.errors import PassingError, Phrase, UserError
from analytics.ingest.connection import Connection, FaultError, refuse_address, refuse_status

# The document of the Sirene dataset has some 100 kB.
MOST_BYTES = 20 * 1024**2
PARQUET = "parquet"
OFFICIAL = "www.data.gouv.fr"
# Checksums that a file can be held against, by how udata calls them; ``sha2`` is told by its length.
ALGORITHMS = {"md5": "md5", "sha1": "sha1", "sha256": "sha256"}
_SHA2 = {64: "sha256", 96: "sha384", 128: "sha512"}
_STOCK = re.compile(r"stock[a-z]+", re.IGNORECASE)


@dataclass(frozen=True)
class Resource:
    """A file that the service offers.

    Attributes
    ----------
    name
        What it is called here: ``StockEtablissement``. Nothing of what the service says becomes the name of a file.
    id, url, last_modified
        As the service says; the moment in UTC.
    size
        Bytes, where given.
    checksum
        Algorithm, as ``hashlib`` calls it, and value in hexadecimal, where given.
    """

    name: str
    id: str
    url: str
    last_modified: datetime
    size: int | None = None
    checksum: tuple[str, str] | None = None

    @property
    def file_name(self) -> str:
        """The name of its copy on this machine: ``StockEtablissement-20260701T093045-1a2b3c4d.parquet``."""
        return f"{self.name}-{self.last_modified:%Y%m%dT%H%M%S}-{self.identity}.parquet"

    @property
    def identity(self) -> str:
        """Eight figures that differ for another content: of the checksum, else of all that is said of the file."""
        said = self.checksum or (self.id, self.url, self.last_modified.isoformat(), str(self.size))
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:8]

    def origin(self) -> dict[str, str]:
        """Return where a copy comes from, as the manifest keeps it."""
        said = {"resource": self.id, "url": self.url, "last_modified": self.last_modified.isoformat()}
        return said | ({"checksum": ":".join(self.checksum)} if self.checksum else {})

    def is_origin(self, kept: Mapping[str, Any] | None) -> bool:
        """Return whether what a manifest keeps is this file: the same checksum, or the same file of the same moment."""
        if not kept:
            return False
        own = self.origin()
        if "checksum" in own and "checksum" in kept:
            return bool(own["checksum"] == kept["checksum"])
        return all(own[key] == kept.get(key) for key in ("resource", "url", "last_modified"))


def ask_catalogue(connection: Connection, dataset: str, names: Iterable[str]) -> dict[str, Resource]:
    """Ask which files of these names the dataset offers now.

    Parameters
    ----------
    connection
        A session with the service.
    dataset
        Id or slug.
    names
        Such as ``StockEtablissement``.

    Raises
    ------
    PassingError
        When the service does not answer, or answers something else.
    UserError
        When there is no such dataset, or a name does not lead to one file.
    """
    url = f"{connection.service.rstrip('/')}/datasets/{dataset}/"
    asker = _Asker(connection, url)
    try:
        connection.insist(asker.attempt, lambda: asker.failures)
    except FaultError as error:
        status = error.params.get("status")
        if status in {"404", "410"}:
            raise UserError("update.dataset_absent", dataset=dataset, service=connection.name) from error
        if status is not None:
            raise PassingError("update.answered", service=connection.name, status=status) from error
        why = Phrase(error.reason if error.is_passing else "update.reason_refused")
        raise PassingError("update.unreachable", service=connection.name, reason=why) from error
    resources = read_catalogue(asker.content, names, service=connection.name)
    for resource in resources.values():
        refuse_address(resource.url, service=connection.service)
    return resources


def read_catalogue(content: bytes, names: Iterable[str], *, service: str = OFFICIAL) -> dict[str, Resource]:
    """Return the Parquet file of each name among the resources of the service's answer.

    A resource is of a name when the name stands alone in its file's name, or, where the file's name has none such, in
    its title: ``StockEtablissementHistorique_utf8.parquet`` is no ``StockEtablissement``. Copies in other formats,
    documentation and what is called by another type than ``main`` do not count. Sentences name the ``service``.

    Raises
    ------
    PassingError
        When it is no JSON.
    UserError
        When it holds no resources, a resource lacks what is needed, or none or several are of a name.
    """
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PassingError("update.no_json", service=service) from error
    listed = answer.get("resources") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise UserError("update.lacks_field", field="resources", service=service)
    offered = [entry for entry in listed if isinstance(entry, dict) and _is_parquet(entry)]
    try:
        return {name: _only(name, [entry for entry in offered if _is_called(entry, name)]) for name in names}
    except UserError as error:
        raise UserError(error.key, **error.params, service=service) from error


@dataclass
class _Asker:
    connection: Connection
    url: str
    content: bytes = b""
    failures: int = 0

    def attempt(self) -> None:
        try:
            with self.connection.get(self.url, {"Accept": "application/json"}) as response:
                refuse_status(response, 200)
                self.content = self._read(response.raw)
        except FaultError:
            self.failures += 1
            raise

    def _read(self, body: Any) -> bytes:  # noqa: ANN401 - urllib3's answer
        limits, parts, size = self.connection.limits, [], 0
        until = limits.clock() + limits.patience_s
        while chunk := body.read1(MOST_BYTES, decode_content=True):
            parts.append(chunk)
            size += len(chunk)
            if size > MOST_BYTES:
                raise FaultError("update.reason_refused", is_passing=False)
            if limits.clock() > until:
                raise FaultError("update.reason_stalled")
        return b"".join(parts)


def _is_parquet(entry: Mapping[str, Any]) -> bool:
    if _text(entry, "type") not in {"", "main"}:
        return False
    given = _text(entry, "format").lower()
    return given == PARQUET or (not given and _file_name(entry).lower().endswith(f".{PARQUET}"))


def _is_called(entry: Mapping[str, Any], name: str) -> bool:
    called = _STOCK.findall(_file_name(entry)) or _STOCK.findall(_text(entry, "title"))
    return name.lower() in {word.lower() for word in called}


def _only(name: str, found: list[dict[str, Any]]) -> Resource:
    if not found:
        raise UserError("update.none_matches", name=name)
    if len(found) > 1:
        titles = ", ".join(sorted(_text(entry, "title") or _text(entry, "id") for entry in found))
        raise UserError("update.several_match", name=name, titles=titles)
    return _resource(name, found[0])


def _resource(name: str, entry: Mapping[str, Any]) -> Resource:
    for field in ("id", "url", "last_modified"):
        if not _text(entry, field):
            raise UserError("update.lacks_field", field=field)
    size = entry.get("filesize")
    return Resource(
        name=name,
        id=_text(entry, "id"),
        url=_text(entry, "url"),
        last_modified=_moment(_text(entry, "last_modified")),
        size=size if type(size) is int and size > 0 else None,
        checksum=_checksum(entry.get("checksum")),
    )


def _moment(said: str) -> datetime:
    try:
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UserError("update.lacks_field", field="last_modified") from error


def _checksum(said: object) -> tuple[str, str] | None:
    """Return what the file can be held against; None where nothing usable is said."""
    if not isinstance(said, dict):
        return None
    kind, value = _text(said, "type").lower(), _text(said, "value").lower()
    algorithm = _SHA2.get(len(value)) if kind == "sha2" else ALGORITHMS.get(kind)
    if algorithm is None or not re.fullmatch(r"[0-9a-f]+", value):
        return None
    return (algorithm, value) if len(value) == 2 * hashlib.new(algorithm).digest_size else None


def _file_name(entry: Mapping[str, Any]) -> str:
    try:
        return PurePosixPath(unquote(urlsplit(_text(entry, "url")).path)).name
    except ValueError:
        return ""


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip().encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""
