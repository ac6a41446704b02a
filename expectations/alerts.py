"""What a failed check is told to: a webhook, a Slack-compatible webhook, e-mail; one message a run.

Great Expectations' own actions are not used: they only log what they could not send, wait without a limit, keep
addresses that are secrets in the checkpoint's file, send a message a suite, and match one severity instead of "at least".
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from shoplog.contracts.quality import SEVERITIES
from shoplog.settings import Settings

if TYPE_CHECKING:
    from expectations.run import QualityRow

_TIMEOUT_S = 10.0
_TOLD_CHECKS = 20


def send_alerts(settings: Settings, rows: Sequence[QualityRow]) -> list[str]:
    """Tell every receiver that is set of the failed checks of at least `alert_severity`; return what could not be sent.

    What is returned names the receiver and the kind of error, never an address or a password.
    """
    worth = SEVERITIES[: SEVERITIES.index(settings.alert_severity) + 1]
    failed = [row for row in rows if not row.success and row.severity in worth]
    if not failed:
        return []
    failed.sort(key=lambda row: SEVERITIES.index(row.severity))
    message = alert(settings, failed)
    senders: dict[str, Callable[[], None]] = {}
    if webhook := settings.secret("alert_webhook_url"):
        senders["webhook"] = lambda: _post(webhook, message)
    if slack := settings.secret("alert_slack_url"):
        senders["Slack webhook"] = lambda: _post(slack, {"text": _slack_escaped(message["text"])})
    if settings.alert_email_to:
        senders["e-mail"] = lambda: _mail(settings, message)
    problems = []
    for receiver, send in senders.items():
        try:
            send()
        # Whatever stops one receiver, the others are told.
        except Exception as error:
            problems.append(f"{receiver}: {_in_words(error)}")
    return problems


def alert(settings: Settings, failed: Sequence[QualityRow]) -> dict[str, Any]:
    """Return the message: title, text, link, and day, site, suite, expectation, column, severity and observed of each check."""
    counts = [(sum(row.severity == severity for row in failed), severity) for severity in SEVERITIES]
    day, link = failed[0].day.isoformat(), settings.alert_link or f"http://127.0.0.1:{settings.web_port}/quality/"
    title = f"shoplog quality {day}: {', '.join(f'{count} {severity}' for count, severity in counts if count)}"
    checks = [
        {
            "site": ", ".join(row.sites) or "all sites", "day": day, "suite": row.suite, "expectation": row.expectation,
            "column": row.column, "severity": row.severity, "observed": row.observed,
        }
        for row in failed
    ]  # fmt: skip
    lines = [
        f"{c['severity']} | {c['site']} | {c['suite']} | {c['expectation']} of {c['column'] or 'rows'} | {c['observed']}"
        for c in checks[:_TOLD_CHECKS]
    ]
    more = [f"and {len(checks) - _TOLD_CHECKS} more"] if len(checks) > _TOLD_CHECKS else []
    text = "\n".join([title, *lines, *more, link])
    return {"title": title, "text": text, "link": link, "day": day, "run_id": failed[0].run_id, "failed": checks}


def _post(url: str, message: dict[str, Any]) -> None:
    import httpx

    # It would log the address, which is the secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    httpx.post(url, json=message, timeout=_TIMEOUT_S).raise_for_status()


def _mail(settings: Settings, message: dict[str, Any]) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["To"] = message["title"], settings.alert_email_to
    mail["From"] = settings.alert_email_from or f"shoplog@{settings.host}"
    mail.set_content(message["text"])
    secure = ssl.create_default_context()
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_S, context=secure)
    else:
        server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_S)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=secure)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.secret("smtp_password") or "")
        refused = server.send_message(mail)
    if refused:
        raise smtplib.SMTPRecipientsRefused(refused)


def _slack_escaped(text: str) -> str:
    """Return text in which Slack sees neither links nor mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_words(error: Exception) -> str:
    """Return what went wrong; the error's own text may hold the address."""
    status = getattr(getattr(error, "response", None), "status_code", None) or getattr(error, "smtp_code", None)
    return f"{type(error).__name__}{f' {status}' if status else ''}"
