"""The guest's kernel: Debian's, unpacked and not installed, with DAHDI's modules built for it from Debian's dahdi-source."""
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile

from . import cache

DAHDI_SOURCE = pathlib.Path("/usr/src/dahdi.tar.bz2")
# In the order of loading; what they need comes before them by itself.
STOCK = ["virtio_pci", "9pnet_virtio", "9p"]
DAHDI = ["dahdi", "dahdi_dynamic", "dahdi_dynamic_loc", "dahdi_echocan_mg2"]
DAHDI_CONFIG = ["CONFIG_DAHDI", "CONFIG_DAHDI_DYNAMIC", "CONFIG_DAHDI_DYNAMIC_LOC", "CONFIG_DAHDI_ECHOCAN_MG2"]
STOCK_FOLDERS = ["*/drivers/virtio/*", "*/net/9p/*", "*/fs/9p/*", "*/fs/netfs/*", "*/fs/fscache/*"]
XZ_MAGIC, ELF_MAGIC = b"\xfd7zXZ\x00", b"\x7fELF"


class RigBroken(Exception):
    """The rig itself cannot do its work; nothing is known of what was to be tested."""


def run(argv, **options):
    """A command that must succeed; its last words are in the exception."""
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False, **options)
    if done.returncode != 0:
        raise RigBroken(f"{' '.join(str(a) for a in argv)}: exit {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def version():
    """The kernel that linux-headers-amd64 stands for, e.g. 6.1.0-56-amd64."""
    depends = run(["dpkg-query", "-W", "-f", "${Depends}", "linux-headers-amd64"])
    found = re.search(r"linux-headers-([^ ,(]+)", depends)
    if not found:
        raise RigBroken(f"linux-headers-amd64 depends on no kernel: {depends}")
    return found[1]


def key(release):
    stamp = DAHDI_SOURCE.stat()
    return cache.key_of(release, stamp.st_size, stamp.st_mtime_ns, cache.digest(__file__))


def _unpack_image(release, folder):
    """vmlinuz and the few stock modules: 20 of 400 MB. From /boot when this kernel is installed here, else from Debian."""
    if pathlib.Path(f"/boot/vmlinuz-{release}").exists():
        return pathlib.Path("/")
    try:
        run(["apt-get", "-q", "download", f"linux-image-{release}"], cwd=folder)
    except RigBroken as fault:
        raise RigBroken(f"{fault}\nThe archive may have a newer kernel: apt-get update && apt-get install linux-headers-amd64") from None
    package = next(folder.glob("linux-image-*.deb"))
    run(["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" >image.tar && tar -x -f image.tar --wildcards "./boot/vmlinuz-*" "$2" "$3" "$4" "$5" "$6"',
         "sh", package, *STOCK_FOLDERS], cwd=folder)
    return folder


def _uncompress(vmlinuz, vmlinux):
    """The ELF inside of a bzImage: unpacking it in the guest would take 7 s."""
    octets = vmlinuz.read_bytes()
    at = octets.find(XZ_MAGIC)
    while at >= 0:
        try:
            plain = lzma.LZMADecompressor().decompress(octets[at:])
            if plain.startswith(ELF_MAGIC):
                vmlinux.write_bytes(plain)
                return
        except lzma.LZMAError:
            pass
        at = octets.find(XZ_MAGIC, at + 1)
    raise RigBroken(f"{vmlinuz} has no kernel packed by xz in it")


def _needs(module):
    """What a module says it needs (modinfo's "depends")."""
    found = re.search(rb"\0depends=([^\0]*)\0", module.read_bytes())
    return [n for n in found[1].decode().split(",") if n] if found else []


def _with_needs(name, files, order):
    if name in order:
        return
    if name not in files:
        raise RigBroken(f"no module {name} in the kernel's package")
    for other in _needs(files[name]):
        _with_needs(other, files, order)
    order.append(name)


def _build_dahdi(release, folder):
    """Only what the rig loads; all of DAHDI's drivers would take minutes."""
    with tarfile.open(DAHDI_SOURCE) as tar:
        tar.extractall(folder)
    source = folder / "modules" / "dahdi"
    drivers = source / "drivers" / "dahdi"
    run(["make", "-s", f"-j{os.cpu_count()}", "-C", f"/lib/modules/{release}/build", f"M={drivers}", f"DAHDI_INCLUDE={source}/include",
         "HOTPLUG_FIRMWARE=yes", "DAHDI_BUILD_ALL=", *(f"{c}=m" for c in DAHDI_CONFIG), "modules"],
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"})
    return {path.stem: path for path in drivers.rglob("dahdi*.ko")}


def build(release):
    """Returns the function that makes the cached folder: vmlinux, the modules, and their order."""
    def make(folder):
        with tempfile.TemporaryDirectory(prefix="callkey-vm-") as work:
            work = pathlib.Path(work)
            image = _unpack_image(release, work)
            _uncompress(image / "boot" / f"vmlinuz-{release}", folder / "vmlinux")
            modules = image / "lib" / "modules" / release / "kernel"
            files = {path.stem.replace("-", "_"): path for path in modules.rglob("*.ko")}
            order = []
            for name in STOCK:
                _with_needs(name, files, order)
            files |= _build_dahdi(release, work)
            for name in DAHDI:
                _with_needs(name, files, order)
            for name in order:
                if name in DAHDI:
                    run(["strip", "-g", "-o", folder / f"{name}.ko", files[name]])
                else:
                    shutil.copyfile(files[name], folder / f"{name}.ko")
            (folder / "order").write_text("".join(f"{name}\n" for name in order), encoding="ascii")
    return make
