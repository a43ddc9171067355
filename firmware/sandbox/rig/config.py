"""Writes the files that a rig's processes read: callkey.cfg, nginx configurations, keys and certificates."""
import os
import pathlib
import secrets
import subprocess


def _value(value):
    """One Python value in libconfig's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -2**31 <= value < 2**31 else f"{value}L"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{ " + " ".join(f"{k} = {_value(v)};" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(_value(v) for v in value) + " )"
    raise TypeError(f"no libconfig word for {type(value)}")


def libconfig_text(settings):
    """A whole file: {"arsd": {"numbers": [...]}} becomes its libconfig text."""
    return "".join(f"{name} = {_value(value)};\n" for name, value in settings.items())


def merge(into, more):
    """Deep merge of settings; lists are replaced."""
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value
    return into


def _openssl(*args, **kwargs):
    done = subprocess.run(["openssl", *args], capture_output=True, text=True, check=False, **kwargs)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(args)}: {done.stderr.strip()}")


def make_certificate(folder, name):
    """A private CA and a server certificate for 127.0.0.1 and localhost: NAME-ca.pem, NAME.pem, NAME.key in folder."""
    folder = pathlib.Path(folder)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl("req", "-x509", *curve, "-keyout", str(folder / f"{name}-ca.key"), "-out", str(folder / f"{name}-ca.pem"),
             "-days", "30", "-subj", f"/CN=Callkey sandbox {name} CA")
    _openssl("req", *curve, "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.csr"),
             "-subj", "/CN=localhost")
    extensions = folder / f"{name}.ext"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    _openssl("x509", "-req", "-in", str(folder / f"{name}.csr"), "-CA", str(folder / f"{name}-ca.pem"), "-CAkey",
             str(folder / f"{name}-ca.key"), "-CAcreateserial", "-days", "30", "-extfile", str(extensions), "-out",
             str(folder / f"{name}.pem"))
    os.chmod(folder / f"{name}.key", 0o600)


def make_pg_key(folder, kind="ec"):
    """The PG's key pair for sealed records: pg-key.pem (the sandbox PG's) and pg-pub.pem (the keystore's)."""
    folder = pathlib.Path(folder)
    how = (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec"
           else ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"])
    _openssl("genpkey", *how, "-out", str(folder / "pg-key.pem"))
    os.chmod(folder / "pg-key.pem", 0o600)
    _openssl("pkey", "-in", str(folder / "pg-key.pem"), "-pubout", "-out", str(folder / "pg-pub.pem"))


def make_secret(path):
    """A random bearer secret in a file of mode 0600."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as f:
        f.write(secrets.token_urlsafe(24))


def fill_template(source, target, values):
    """Replaces @NAME@ by its value; a name left over is an error, not a silent hole."""
    text = pathlib.Path(source).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    left = [word for line in text.splitlines() if not line.lstrip().startswith("#")
            for word in line.split("@")[1::2] if word.isupper()]
    if left:
        raise RuntimeError(f"{source}: no value for {left}")
    pathlib.Path(target).write_text(text, encoding="utf-8")
