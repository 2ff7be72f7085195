"""Who signs Content Credentials: a certificate that a team bought, or one of its own making.

The key lies in a file beside the database, readable by its owner alone, and never in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_YEARS: Final = 5
_KEY_FILE: Final = "voice-signing.key.pem"
_CHAIN_FILE: Final = "voice-signing.chain.pem"


@dataclass(frozen=True, slots=True)
class Signer:
    """A key with its certificates, as PEM.

    Attributes:
        chain: The certificate and who vouches for it, from the signer upwards.
        key: Its private key, PKCS 8.
    """

    chain: str
    key: str = field(repr=False)

    def native(self) -> Any:  # noqa: ANN401
        """Return it as the library takes it."""
        import c2pa  # noqa: PLC0415

        chain, key = self.chain.encode(), self.key.encode()
        return c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None)
        )


def signer_of(folder: Path, *, producer: str, now: datetime) -> Signer:
    """Return the signer whose files lie in ``folder``; made there at the first call.

    A team that buys a certificate puts two files in their place: ``voice-signing.key.pem`` (P-256,
    PKCS 8) and ``voice-signing.chain.pem``.

    Args:
        folder: Beside the database, not in it.
        producer: Whom a certificate of our own making names.
        now: From when on it counts.

    Raises:
        InputError: One of the two files is there without the other.
    """
    key, chain = folder / _KEY_FILE, folder / _CHAIN_FILE
    if key.exists() != chain.exists():
        missing, there = (chain, key) if key.exists() else (key, chain)
        raise InputError(
            f"{there.name} is in {folder} without {missing.name}. Put both there, or take it away "
            "and a pair of our own is made."
        )
    if not key.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = _own(producer, now)
        _write(chain, made.chain)
        _write(key, made.key)
    return Signer(chain.read_text("ascii"), key.read_text("ascii"))


def _write(file: Path, content: str) -> None:
    file.touch(mode=0o600)
    file.write_text(content, "ascii")


def _own(producer: str, now: datetime) -> Signer:
    """Make a root and, vouched for by it, a certificate for signing."""
    from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = producer.strip()[:50] or "Own certificate"
    authority = (f"{name} voice root", root_key)
    root = _certificate(authority, authority, now)
    leaf = _certificate((f"{name} voice", key), authority, now)
    pem = forms.Encoding.PEM
    return Signer(
        (leaf.public_bytes(pem) + root.public_bytes(pem)).decode("ascii"),
        key.private_bytes(pem, forms.PrivateFormat.PKCS8, forms.NoEncryption()).decode("ascii"),
    )


def _certificate(
    subject: tuple[str, EllipticCurvePrivateKey],
    issuer: tuple[str, EllipticCurvePrivateKey],
    now: datetime,
) -> Any:  # noqa: ANN401
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    key, issuer_key, is_root = subject[1], issuer[1], subject == issuer
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(subject[0]))
        .issuer_name(_name(issuer[0]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(_usage(is_root=is_root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if not is_root:
        purposes = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.EMAIL_PROTECTION])
        built = built.add_extension(purposes, critical=False)
    return built.sign(issuer_key, hashes.SHA256())


def _name(common: str) -> Any:  # noqa: ANN401
    from cryptography import x509  # noqa: PLC0415

    oid = x509.oid.NameOID
    parts = ((oid.ORGANIZATION_NAME, common), (oid.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def _usage(*, is_root: bool) -> Any:  # noqa: ANN401
    from cryptography import x509  # noqa: PLC0415

    return x509.KeyUsage(
        digital_signature=not is_root, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=is_root, crl_sign=is_root,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
