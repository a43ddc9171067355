"""Loopback ports that are this process's own for as long as it lives, however many rigs pick some at the same time."""
import random
import socket

# Below the range that Linux takes the ports of connections from: none of them ever sits on a port that a server, killed and
# started again, must have back, nor does a client connect to itself there.
FIRST, LAST = 20000, 32767

_claims = []


def _claim(port):
    """Makes the port ours among all rigs of this machine. False: another has it. The kernel takes it back when we die."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0callkey-port-{port}")            # an abstract name is of the network namespace, as the port is
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _is_free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port():
    """A port of 127.0.0.1 that nobody listens on and that no other rig will be given."""
    for port in random.SystemRandom().sample(range(FIRST, LAST + 1), LAST + 1 - FIRST):
        if _claim(port) and _is_free(port):
            return port
    raise RuntimeError(f"no port of 127.0.0.1 from {FIRST} to {LAST} is free")
