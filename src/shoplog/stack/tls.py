"""The broker's certificate: the operator's own, or one of an authority that is made here for this broker alone."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shoplog.errors import UserError
from shoplog.io.kafka_users import ca_file
from shoplog.io.secrets import made_once, write_private
from shoplog.settings import Settings

_AUTHORITY_DAYS = 3650
_BROKER_DAYS = 365
_RENEWED_BEFORE = timedelta(days=30)


def server_file(settings: Settings) -> Path:
    """Return where the broker's private key (PKCS 8, no passphrase) and certificates are, in one PEM file."""
    return settings.secrets_dir / "kafka_server.pem"


def authority_file(settings: Settings) -> Path:
    """Return where the own authority's private key is; where it is not, the certificate is the operator's own."""
    return settings.secrets_dir / "kafka_ca_key.pem"


def broker_certificate(settings: Settings) -> Path:
    """Return the broker's PEM file, made or made anew where it has to be and the authority is our own.

    Raises `UserError` where the operator's own is incomplete, has ended, or is of another name than `kafka_host`.
    """
    path, authority = server_file(settings), authority_file(settings)
    if path.exists() != ca_file(settings).exists() and not authority.exists():
        raise UserError(f"Put both {path.name} and {ca_file(settings).name} into {settings.secrets_dir}, or neither.")
    ends = _ends(path, settings.kafka_host) if path.exists() else None
    now = datetime.now(UTC)
    if path.exists() and not authority.exists():
        if ends is None or ends < now:
            raise UserError(f"{path} is not a certificate for {settings.kafka_host}, or it has ended: replace it.")
    elif ends is None or ends - now < _RENEWED_BEFORE:
        key = serialization.load_pem_private_key(made_once(authority, _pem(_new_key())), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        issuer = made_once(ca_file(settings), _authority(key))
        write_private(path, _signed(settings.kafka_host, key, x509.load_pem_x509_certificate(issuer)))
    return path


def _ends(path: Path, host: str) -> datetime | None:
    """Return when the certificate ends, None where it is not for this host."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return None
    patterns = (name.value for name in names if isinstance(name, x509.DNSName | x509.IPAddress))
    found = any(str(p) in (host, f"*.{host.partition('.')[2]}") for p in patterns)
    return certificate.not_valid_after_utc if found else None


def _authority(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shoplog's own authority")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = (
        _builder(name, name, key.public_key(), _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _signed(host: str, authority: ec.EllipticCurvePrivateKey, issuer: x509.Certificate) -> bytes:
    key = _new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = (
        _builder(name, issuer.subject, key.public_key(), _BROKER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(usage, critical=False)
    )
    return _pem(key) + made.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    # An hour back: the clock of another machine may be behind.
    return made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=days))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    private, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, private, plain)
