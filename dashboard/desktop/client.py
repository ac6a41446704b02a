"""The API as the window asks it: without waiting, again after a while when nobody answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest

_AGAIN_AFTER_MS = 3000
# The server speaks at least every five seconds.
_SILENT_AFTER_MS = 12_000
_ANSWER_WITHIN_MS = 30_000


class Client(QObject):
    """Asks as one user: signals carry what came, on the window's own thread."""

    live = Signal(dict)
    lost = Signal(str)
    refused = Signal()

    def __init__(self, url: str, token: str | None = None) -> None:
        """Ask this server; without a token `log_in` comes first."""
        super().__init__()
        self._url, self._token = url.rstrip("/"), token
        self._network = QNetworkAccessManager(self)
        self._stream: QNetworkReply | None = None
        self._pending: set[QNetworkReply] = set()
        self._rest = b""
        self._silence = QTimer(self, interval=_SILENT_AFTER_MS, singleShot=True)
        self._silence.timeout.connect(lambda: self._end_stream("silent"))
        self._again = QTimer(self, interval=_AGAIN_AFTER_MS, singleShot=True)
        self._again.timeout.connect(self.follow)

    def log_in(self, name: str, password: str, then: Callable[[str], None]) -> None:
        """Begin a session, kept as a cookie; `then` gets why it failed, '' where it did not."""
        # A token that was refused would be asked first, beside the cookie.
        self._token = None
        body = json.dumps({"name": name, "password": password}).encode()
        request = self._request("/api/v1/session")
        request.setTransferTimeout(_ANSWER_WITHIN_MS)
        request.setHeader(QNetworkRequest.KnownHeaders.ContentTypeHeader, "application/json")
        reply = self._network.post(request, body)

        def done() -> None:
            reply.deleteLater()
            failed = reply.error() != QNetworkReply.NetworkError.NoError
            then(_reason(reply) if failed else "")

        reply.finished.connect(done)

    def get(self, path: str, then: Callable[[Any], None]) -> None:
        """Ask for JSON; without an answer `lost` or `refused` is emitted instead."""
        request = self._request(path)
        request.setTransferTimeout(_ANSWER_WITHIN_MS)
        reply = self._network.get(request)
        self._pending.add(reply)

        def done() -> None:
            reply.deleteLater()
            if reply not in self._pending:  # whoever asked has stopped
                return
            self._pending.remove(reply)
            if reply.error() == QNetworkReply.NetworkError.NoError:
                then(json.loads(bytes(reply.readAll().data())))
            elif _status(reply) == 401:
                self.refused.emit()
            elif _status(reply) is None:
                self.lost.emit(reply.errorString())

        reply.finished.connect(done)

    def follow(self) -> None:
        """Take the live figures as they come; after anything that ends it, begin again."""
        self._close()
        request = self._request("/api/v1/live/events")
        request.setRawHeader(b"Accept", b"text/event-stream")
        self._stream = self._network.get(request)
        self._stream.readyRead.connect(self._read)
        self._stream.finished.connect(self._ended)
        self._silence.start()

    def stop(self) -> None:
        """Ask no more, and tell nothing of what was asked."""
        self._again.stop()
        self._close()
        pending, self._pending = self._pending, set()
        for reply in pending:
            reply.abort()

    def _close(self) -> None:
        self._silence.stop()
        stream, self._stream, self._rest = self._stream, None, b""
        if stream is not None:
            stream.abort()
            stream.deleteLater()

    def _read(self) -> None:
        if self._stream is None:
            return
        self._silence.start()
        *events, self._rest = (self._rest + bytes(self._stream.readAll().data())).split(b"\n\n")
        for event in events:
            data = b"".join(line[5:].strip() for line in event.splitlines() if line.startswith(b"data:"))
            if data:
                self.live.emit(json.loads(data))

    def _ended(self) -> None:
        stream = self._stream
        if stream is None:
            return
        if _status(stream) == 401:
            self._close()
            self.refused.emit()
        else:
            self._end_stream(stream.errorString() if stream.error() != QNetworkReply.NetworkError.NoError else "")

    def _end_stream(self, why: str) -> None:
        self._close()
        if why:
            self.lost.emit(why)
        self._again.start()

    def _request(self, path: str) -> QNetworkRequest:
        request = QNetworkRequest(QUrl(self._url + path))
        if self._token:
            request.setRawHeader(b"Authorization", f"Bearer {self._token}".encode())
        return request


def _status(reply: QNetworkReply) -> int | None:
    found = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
    return None if found is None else int(found)


def _reason(reply: QNetworkReply) -> str:
    try:
        return str(json.loads(bytes(reply.readAll().data()))["detail"])
    except (ValueError, KeyError):
        return reply.errorString()
