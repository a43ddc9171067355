"""rig run: appliance and sandbox stay up until Ctrl-C, with everything printed that one needs to talk to them."""
import shlex
import time

from .appliance import Rig
from .ports import free_port
from .screen import Screen

PORTS = {"api": 8443, "admin": 8480}
SHOP = "Callkey Shop"
# As an appliance has them: who writes a client here sees the headers that it will see there.
LIMITS = {"arsd": {"rate_per_s": 200, "rate_burst": 1000}}
CALLER = "01012345678"
WATCH_S = 0.5


def usual_port(port):
    """The port one remembers, or a free one when somebody listens there."""
    import socket
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            return port
        except OSError:
            return free_port()


HOW_TO = """
{title_running}

  merchant API    {api}    (certificate authority: {ca})
  operator        {admin}/healthz  and  /metrics
  logs            {folder}/log/

{title_set}

  export PATH={bin}:$PATH CALLKEY_CONFIG={config}
  export API={api} CA={ca} SANDBOX={control}
  export KEY={key}

{title_register}

  curl -sw "\\n" --cacert "$CA" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -H "Idempotency-Key: reg-$RANDOM" \\
    -d '{{"customer_ref":"c-1","phone":"{caller}","product_name":"월간 구독","cycle":"monthly"}}' $API/v1/registrations

{title_phone}

  curl -sw "\\n" --unix-socket {control} http://sandbox/sms
  callkey phone {caller} NUMBER

  A card that works: {card}, expiry {expiry}, birth date {identity}, password {password2}. Others, that decline or
  break off:  curl -sw "\\n" --unix-socket {control} http://sandbox/pg/cards

{title_pay}

  curl -sw "\\n" --unix-socket {control} http://sandbox/webhooks
  curl -sw "\\n" --cacert "$CA" -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -H "Idempotency-Key: pay-$RANDOM" \\
    -d '{{"order_id":"order-'$RANDOM'","billing_key":"BILLING_KEY","order_name":"월간 구독","amount":{{"total":53000,"currency":"KRW"}},
         "consent":"ask","other_card":"allow","instalment":{{"mode":"ask","allowed":[2,3,6],"interest_free":[3]}}}}' $API/v1/payments

{title_look}

  callkey status       callkey trunks       callkey calls       callkey registrations       callkey payments

Ctrl-C stops everything.
"""


def for_shell(path):
    """A path as it can be pasted, whatever is in the name of the folder that somebody cloned into."""
    return shlex.quote(str(path))


def print_how_to(rig, screen, api):
    cards = rig.sandbox.get("/pg/cards")
    card = cards["cards"][0]
    titles = {"running": "Callkey is running", "set": "In another terminal, first:", "register": "Ask for a registration",
              "phone": "Read the SMS, call its number (070-...) from the customer's phone",
              "pay": "The billing key has arrived at the merchant (callkey registrations shows it, too); charge it, and call again",
              "look": "Look into the appliance"}
    screen.plain(HOW_TO.format(
        api=f"https://127.0.0.1:{rig.ports['api']}", admin=f"http://127.0.0.1:{rig.ports['admin']}",
        ca=for_shell(rig.path("tls", "appliance-ca.pem")), folder=rig.folder, bin=for_shell(rig.build / "bin"),
        config=for_shell(rig.config_file), key=api.bearer, control=for_shell(rig.path("sandbox", "control.sock")), caller=CALLER, card=card["number"], identity=card["identity"],
        expiry=cards["expiry"], password2=cards["password2"],
        **{f"title_{name}": screen.paint(text, "title") for name, text in titles.items()}))


def run(folder):
    screen = Screen()
    screen.plain("Starting ...")
    rig = Rig(folder=folder, settings=LIMITS)
    rig.ports.update({name: usual_port(port) for name, port in PORTS.items()})
    with rig:
        print_how_to(rig, screen, rig.merchant(SHOP))
        known = {}
        try:
            while True:
                time.sleep(WATCH_S)
                for process in rig.processes.values():
                    if process.restarts > known.get(process.name, 0):
                        known[process.name] = process.restarts
                        screen.line("problem", f"{process.name} ended (exit {process.exits[-1]}) and was started again; its log: "
                                               f"{process.log_path}")
        except KeyboardInterrupt:
            screen.plain("\nStopping ...")
    return 0
