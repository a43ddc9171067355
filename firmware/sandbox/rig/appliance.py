"""The whole of it: a folder with configuration, keys and sockets, and the processes that live on it.

    with Rig(spans=[Span("span1")], rate=0) as rig:
        api = rig.merchant()
        registration = api.register("01012345678")
        phone = rig.call("01012345678", registration["virtual_number"], script)
        phone.wait_ended()

Every rig has its own folder and loopback ports, so several can run at once. All processes end with the rig, and with the
Python process that holds it, whatever kills that.
"""
import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import tempfile
import time

from . import ceremony, config
from .merchant import Api, UnixHttp, wait_until
from .phone import Carrier, Phone
from .ports import free_port
from .process import Process

SOURCE = pathlib.Path(__file__).resolve().parents[3]
APPLIANCE = ["keystored", "trunkd", "arsd", "uplinkd", "apid"]
SOCKET_PATH_MAX = 107


@dataclasses.dataclass
class Span:
    """A software trunk between carrier and appliance."""
    name: str
    line: str = "E1"
    law: str = "alaw"
    called_digits: int = 0


def build_dir():
    return pathlib.Path(os.environ.get("CALLKEY_BUILD", SOURCE / "build")).resolve()


class NotUp(Exception):
    """A process of the rig dies again and again."""


class Rig:
    """Appliance and sandbox. rate: the line's speed, 1 is real time, 0 as fast as the appliance answers."""

    def __init__(self, spans=None, rate=1, settings=None, folder=None, pg_key="ec", env_of=None, keep_world=False):
        """env_of(name): what a process has in its environment besides the rig's own. keep_world: the PG's ledger and what merchants have
        got outlive a kill of callkey-sandbox."""
        self.build = build_dir()
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="callkey-"))
        self.keep = folder is not None
        self.spans = spans or [Span("span1")]
        self.rate = rate
        self.ports = {name: free_port() for name in ("api", "admin", "pg", "sms", "merchant")}
        self.processes = {}
        self.parts = []               # of the master key, where this start held the ceremony
        self.settings = settings or {}
        self.pg_key = pg_key
        self.gateway_keys = []        # what else two officers import at the start: {"name", "kid", "key", ...}
        self.env_of = env_of or (lambda name: {})
        self.keep_world = keep_world
        self._merchants = {}

    # ---- places ----
    def path(self, *parts):
        return self.folder.joinpath(*parts)

    @property
    def config_file(self):
        return self.path("callkey.cfg")

    @property
    def carrier_socket(self):
        return self.path("sandbox", "carrier.sock")

    @property
    def unlock_file(self):
        return self.path("state", "unlock")

    def log(self, name):
        """What a process has written so far."""
        return self.path("log", f"{name}.log").read_text(encoding="utf-8", errors="replace")

    # ---- start and stop ----
    def _make_folders(self):
        for name in ("run", "line", "state", "log", "tls", "sandbox", "nginx", "nginx-sandbox", "recordings"):
            self.path(name).mkdir(parents=True, exist_ok=True)
        longest = max([str(self.carrier_socket)] + [str(self.line_path(s)) for s in self.spans], key=len)
        if len(longest) > SOCKET_PATH_MAX:
            raise RuntimeError(f"{longest}: over {SOCKET_PATH_MAX} bytes; choose a shorter folder")

    def line_path(self, span):
        return self.path("line", f"{span.name}.sock")

    def _make_keys(self):
        if self.path("tls", "sandbox.pem").exists():
            return
        config.make_certificate(self.path("tls"), "appliance")
        config.make_certificate(self.path("tls"), "sandbox")
        if not self.path("sandbox", "pg-key.pem").exists():
            config.make_pg_key(self.path("sandbox"), self.pg_key)
        config.make_secret(self.path("sandbox", "pg.secret"))
        config.make_secret(self.path("sandbox", "sms.secret"))

    def default_settings(self):
        sandbox_ca = str(self.path("tls", "sandbox-ca.pem"))
        return {
            "run_dir": str(self.path("run")), "state_dir": str(self.path("state")), "share_dir": str(self.build / "share"),
            "log_level": os.environ.get("CALLKEY_LOG", "info"),
            "trunkd": {
                "spans": [{"name": s.name, "kind": "soft", "path": str(self.line_path(s)), "line": s.line, "law": s.law,
                           "called_digits": s.called_digits} for s in self.spans],
                "prompt_override_dir": str(self.path("recordings")),
            },
            "keystored": {
                "keys_dir": str(self.path("state", "keystore")), "unlock_file": str(self.unlock_file),
            },
            "arsd": {
                "store": f"sqlite:{self.path('state', 'callkey.db')}",
                "numbers": ["07012340000-07012340999"],
                "rate_per_s": 0,                  # tests and benches ask faster than any shop
                "promotions": {"jitter_s": 0},
            },
            "uplinkd": {
                "pg": [{"name": "sandbox", "mode": "test", "url": f"https://127.0.0.1:{self.ports['pg']}", "ca_file": sandbox_ca,
                        "secret_file": str(self.path("sandbox", "pg.secret"))}],
                "sms": [{
                    "name": "sandbox", "url": f"https://127.0.0.1:{self.ports['sms']}/sms", "method": "POST", "ca_file": sandbox_ca,
                    "headers": ["Content-Type: application/json", "Authorization: Bearer {secret}"],
                    "body": '{"id":"{id}","to":"{to}","from":"{from}","text":"{text}"}',
                    "success_status": 200, "success_contains": '"accepted"', "from": "15881234",
                    "secret_file": str(self.path("sandbox", "sms.secret")),
                }],
                "webhook": {"ca_file": sandbox_ca, "allow_inside": True},
            },
        }

    def _write_config(self):
        settings = config.merge(self.default_settings(), self.settings)
        self.config_file.write_text(config.libconfig_text(settings), encoding="utf-8")
        common = {"USER_DIRECTIVE": "user root;" if os.getuid() == 0 else ""}
        config.fill_template(SOURCE / "config" / "nginx.conf.in", self.path("nginx", "nginx.conf"), {
            **common, "PREFIX": self.path("nginx"), "API_LISTEN": f"127.0.0.1:{self.ports['api']}",
            "ADMIN_LISTEN": f"127.0.0.1:{self.ports['admin']}", "CERTIFICATE": self.path("tls", "appliance.pem"),
            "CERTIFICATE_KEY": self.path("tls", "appliance.key"), "API_SOCKET": self.path("run", "apid.sock"),
            "ADMIN_SOCKET": self.path("run", "apid-admin.sock"), "WEB_ROOT": self.build / "share" / "web"})
        config.fill_template(SOURCE / "firmware" / "sandbox" / "nginx.conf.in", self.path("nginx-sandbox", "nginx.conf"), {
            **common, "PREFIX": self.path("nginx-sandbox"), "CERTIFICATE": self.path("tls", "sandbox.pem"),
            "CERTIFICATE_KEY": self.path("tls", "sandbox.key"),
            **{f"{n.upper()}_LISTEN": f"127.0.0.1:{self.ports[n]}" for n in ("pg", "sms", "merchant")},
            **{f"{n.upper()}_SOCKET": self.path("sandbox", f"{n}.sock") for n in ("pg", "sms", "merchant")}})

    def _commands(self):
        program = lambda name: self.build / "bin" / name
        nginx = lambda name: ["/usr/sbin/nginx", "-p", self.path(name), "-c", self.path(name, "nginx.conf"), "-e", "stderr",
                              "-g", "daemon off;"]
        carrier = [program("callkey-carrier"), "--control", self.carrier_socket, "--prompts", self.build / "share" / "prompts",
                   "--recordings", self.path("recordings"), "--speech", self.path("state", "speech"), "--rate", "0"]
        for s in self.spans:
            carrier += ["--span", f"{s.name}:{self.line_path(s)}:{s.line}:{s.law}"]
        yield "callkey-carrier", carrier
        yield "callkey-sandbox", [program("callkey-sandbox"), "--dir", self.path("sandbox"), *(["--keep"] if self.keep_world else [])]
        yield "nginx-sandbox", nginx("nginx-sandbox")
        for name in APPLIANCE:
            yield name, [program(name), "--config", self.config_file]
        yield "nginx", nginx("nginx")

    def start(self):
        self._make_folders()
        self._make_keys()
        self._write_config()
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0"}
        for name, argv in self._commands():
            death_signal = signal.SIGTERM if name.startswith("nginx") else signal.SIGKILL
            self.processes[name] = Process(name, argv, self.path("log", f"{name}.log"), {**env, **self.env_of(name)},
                                           death_signal).start()
        try:
            if not self.unlock_file.exists():
                self.parts = ceremony.hold(self.path("run", "keyctl.sock"), self.unlock_file, check=self._check_up, officers=ceremony.OFFICERS)
            ceremony.import_gateway_keys(self.path("run", "keyctl.sock"), [self.sandbox_key(), *self.gateway_keys], self._check_up)
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def sandbox_key(self):
        """The sandbox PG's public key, as its officers import it."""
        return {"name": "sandbox", "kid": "sandbox-1", "key": self.path("sandbox", "pg-pub.pem").read_bytes()}

    def _check_up(self):
        broken = [p for p in self.processes.values() if p.restarts > 5]
        if broken:
            raise NotUp(f"{broken[0].name} does not stay up; its log is {broken[0].log_path}")

    def wait_ready(self, timeout_s=60):
        """Until every process is connected and every span's D-channel is up."""
        def ready():
            self._check_up()
            try:
                if not self.processes["nginx"].alive() or self.health().get("status") != "ok":
                    return False
                socket.create_connection(("127.0.0.1", self.ports["api"]), 1).close()
                with Carrier(self.carrier_socket, 5) as carrier:
                    return all(s["connected"] and s["dchannel"] for s in carrier.command(cmd="status")["spans"])
            except Exception:                     # not answering yet
                return False
        wait_until(f"the rig is ready (logs in {self.path('log')})", ready, timeout_s, 0.02)
        # The lines come up, with their RESTARTs of every slot, as fast as they can, and run at their speed from here on.
        self.set_rate(self.rate)

    def set_rate(self, rate, patient=None):
        """The lines' speed from now on. Patient lines wait for the appliance: a busy machine makes them slow, and loses nothing
        that is on them. Those faster than real time are, unless told otherwise."""
        self.rate = rate
        with Carrier(self.carrier_socket, 5) as carrier:
            carrier.command(cmd="rate", rate=rate, patient=rate > 1 if patient is None else patient)

    def health(self):
        return UnixHttp(self.path("run", "apid-admin.sock")).get("/healthz")

    def metrics(self):
        return UnixHttp(self.path("run", "apid-admin.sock")).get("/metrics")

    def stop(self):
        """Stops all. A program that its own filter of system calls has killed is a fault that a restart would hide."""
        for process in reversed(list(self.processes.values())):
            process.stop()
        outside = [name for name, process in self.processes.items() if -signal.SIGSYS in process.exits]
        if outside:
            raise RuntimeError(f"{', '.join(outside)}: killed by a system call outside the role (lib/confine_filter.c)")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        self.stop()
        if not self.keep and kind is None and not os.environ.get("CALLKEY_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    # ---- use ----
    def callkey(self, *words):
        """Runs the command line; returns its output, or raises with it."""
        import subprocess
        done = subprocess.run([str(self.build / "bin" / "callkey"), "--config", str(self.config_file), *words],
                              capture_output=True, text=True, timeout=30, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"callkey {' '.join(words)}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def merchant(self, name="Callkey Shop", *options):
        """A merchant of the appliance (made at first use), as its API client; its webhooks go to the sandbox."""
        import json
        if name not in self._merchants:
            url = f"https://127.0.0.1:{self.ports['merchant']}/webhooks"
            made = json.loads(self.callkey("--json", "merchants", "add", name, "--webhook", url, *options))
            self.sandbox.post("/merchant/secrets", {"secret": made["webhook_secret"]})
            self._merchants[name] = made["api_key"]
        return Api(self.ports["api"], self.path("tls", "appliance-ca.pem"), self._merchants[name])

    @property
    def sandbox(self):
        """The test's view into the sandbox: SMS, webhooks, ledger, behaviour."""
        return UnixHttp(self.path("sandbox", "control.sock"), 10 if self.keep_world else 0)

    def call(self, caller, number, script=(), **options):
        return Phone(self.carrier_socket, caller, number, script, **options)

    def sms_to(self, phone, timeout_s=20):
        """The last SMS to a phone, waiting for the first."""
        def newest():
            messages = self.sandbox.get(f"/sms?to={phone}")["messages"]
            return messages[-1] if messages else None
        return wait_until(f"an SMS to {phone[:3]}...", newest, timeout_s)

    def new_sms(self, phone, known, timeout_s=20):
        """The first SMS to a phone after those that were known before."""
        def newer():
            messages = self.sandbox.get(f"/sms?to={phone}")["messages"]
            return messages[known] if len(messages) > known else None
        return wait_until(f"another SMS to {phone[:3]}...", newer, timeout_s)

    def webhook(self, request_id, event_type, timeout_s=20):
        """The webhook of a type about a request, waiting for it."""
        def arrived():
            found = self.sandbox.get(f"/webhooks?request={request_id}")["webhooks"]
            return next((w for w in found if w["type"] == event_type), None)
        return wait_until(f"webhook {event_type} for {request_id}", arrived, timeout_s)

    def kill(self, name, sig=signal.SIGKILL):
        self.processes[name].kill(sig)

    def now_ms(self):
        return int(time.time() * 1000)
