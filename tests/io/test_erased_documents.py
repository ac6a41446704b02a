"""A person is written over in documents, and nowhere else."""

from __future__ import annotations

import re

from shoplog.io.documents import forget_in_documents
from shoplog.settings import Settings


def test_an_address_leaves_documents_in_place_and_stays_in_the_web_servers_logs(settings: Settings) -> None:
    texts = ("logs/web.log", "certificates/2026-11-22.json", "sites/shop/logs/access-20261122-10.log")
    for text in texts:
        (settings.home / text).parent.mkdir(parents=True, exist_ok=True)
        (settings.home / text).write_text("from 192.0.2.7 and 192.0.2.8")
    assert forget_in_documents(settings, re.compile(rb"192\.0\.2\.7")) == 2
    log, certificate, access_log = ((settings.home / text).read_text() for text in texts)
    assert log == certificate == "from xxxxxxxxx and 192.0.2.8"
    assert access_log == "from 192.0.2.7 and 192.0.2.8"
