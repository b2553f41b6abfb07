"""A network of a test's own (needs root): a namespace joined to this machine by two interfaces, in
which packets of single connections can be dropped. The other end notices nothing.
"""

import os
import subprocess


def run(*arguments):
    subprocess.run(arguments, check=True, capture_output=True)


class Namespace:
    def __init__(self, name="camnode"):
        number = os.getpid() % 250 + 1
        self.name = f"{name}{number}"
        self.outer, self.inner = f"10.213.{number}.1", f"10.213.{number}.2"
        self.prefix = ["ip", "netns", "exec", self.name]
        self.outside, inside = f"cn{number}o", f"cn{number}i"
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "link", "add", self.outside, "type", "veth", "peer", "name", inside, "netns", self.name)
            run("ip", "address", "add", f"{self.outer}/30", "dev", self.outside)
            run("ip", "link", "set", self.outside, "up")
            run(*self.prefix, "ip", "address", "add", f"{self.inner}/30", "dev", inside)
            run(*self.prefix, "ip", "link", "set", inside, "up")
            run(*self.prefix, "ip", "link", "set", "lo", "up")
        except subprocess.CalledProcessError:
            self.close()
            raise

    def drop(self, port, to_inside=True, to_outside=True):
        """Drops what comes from, or goes to, this port of the machine outside."""
        if to_inside:
            run(*self.prefix, "iptables", "-A", "INPUT", "-p", "tcp", "--sport", str(port), "-j", "DROP")
        if to_outside:
            run(*self.prefix, "iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", str(port), "-j", "DROP")

    def close(self):
        # The namespace alone would take its interfaces along only some time later.
        subprocess.run(["ip", "link", "del", self.outside], check=False, capture_output=True)
        run("ip", "netns", "del", self.name)
